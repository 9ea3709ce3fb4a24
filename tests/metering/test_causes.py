"""Whose failure it is, alike for a promise and on the page about usage."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from keys.models import KeySecret
from metering import sla_sweep
from metering.models import SlaDay
from orgs.models import Staff
from tests.metering.conftest import Report, generation


@pytest.mark.parametrize(
    ("cause", "ours"), [("engine", 1), ("timeout", 1), (None, 1), ("content", 0), ("client", 0)], ids=str
)
def test_whose_failure_it_is_is_said_alike(
    cause: str | None,
    ours: int,
    live: KeySecret,
    now: datetime,
    report: Report,
    viewer: Staff,
    browser_of: Callable[[Staff], Client],
) -> None:
    report(generation(live, now, outcome="failed", failure_cause=cause))
    page = browser_of(viewer).get(f"/orgs/{live.key.organization.uid}/usage/").text
    assert f"1, of them {ours} ours" in page
    sla_sweep.run(now=now + timedelta(minutes=1))
    assert SlaDay.objects.get().bad == ours
