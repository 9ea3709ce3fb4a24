"""An export of Halide's usage, asked for by an administrator, and a worker that makes it."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from keys.models import KeySecret
from metering import actions, history
from metering.exporting import chunks, running
from metering.models import Export
from orgs.models import Staff
from tests.cast import ACTOR

Ask = Callable[..., Export]


@pytest.fixture
def ask(administrator: Staff) -> Ask:
    """Ask for every generation as CSV, unless told otherwise."""

    def start(**fields: Any) -> Export:
        usual: dict[str, Any] = {
            "owner": administrator, "actor": ACTOR, "title": "Generations", "what": "generations", "format": "csv",
            "query": "range=30d",
        }  # fmt: skip
        return actions.start_export(**{**usual, **fields})

    return start


def made(export: Export, time_machine: Any, *, seconds: float = 10.0) -> Export:
    """Have it made, a turn after the other."""
    time_machine.move_to(export.as_of + running.SETTLING + timedelta(seconds=1), tick=True)
    while running.run(export.pk, seconds=seconds):
        pass
    export.refresh_from_db()
    return export


def content(export: Export) -> bytes:
    """The whole file."""
    return b"".join(chunks.read(export))


def lines(export: Export) -> list[str]:
    """The lines of a CSV, without the mark in front."""
    return list(io.StringIO(content(export).decode("utf-8-sig"), newline=""))


def write(secret: KeySecret, count: int, *, since: datetime, **fields: Any) -> None:
    """Write generations of the past, a second apart."""
    history.write(
        history.Past(
            organization_id=secret.key.organization_id,
            key_id=secret.key_id,
            environment=secret.key.environment,
            occurred_at=since + timedelta(seconds=n),
            **{"api_version": "v2", "outcome": "succeeded", "units": 2, "resolution": "2K", **fields},
        )
        for n in range(count)
    )


@pytest.fixture
def pages_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches so small that a few rows are several."""
    from metering.exporting import generations, sources

    monkeypatch.setattr(generations, "AT_ONCE", 10)
    monkeypatch.setattr(sources, "AT_ONCE", 10)
