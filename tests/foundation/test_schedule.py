"""The beat schedule names tasks by string: each must exist."""

import pytest

from axis_admin.celery import SWEEPS, app


@pytest.mark.parametrize("name", sorted(SWEEPS))
def test_every_scheduled_task_exists(name: str) -> None:
    app.loader.import_default_modules()
    assert app.conf.beat_schedule[name]["task"] in app.tasks


# What views and sweeps enqueue, one by one.
ENQUEUED = {"audit.tasks.run_job", "metering.tasks.advance_some", "metering.tasks.run_export"}


def test_every_sweep_is_scheduled() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if name.split(".")[0] in {"audit", "orgs", "keys", "metering"}}
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {name for name in ours if ".tasks." in name} - ENQUEUED <= scheduled
