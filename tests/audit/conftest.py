"""Events to look for, written through the door that everybody uses."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from audit import guards, search, trail
from audit.models import Event
from audit.verbs import Verb

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DANA = trail.Actor("staff", "stf_dana", "Dana Reed", roles=("Key admin",), request_id="req-dana")
DOV = trail.Actor("staff", "stf_dov", "Dov Hartmann", roles=("Administrator",), request_id="req-dov")
HALIDE = trail.Target("organization", "org_halide", "Halide & Sons")
KESTREL = trail.Target("organization", "org_kestrel", "Kestrel VFX")
PROD = trail.Target("key", "key_prod", "render-farm-prod")


@pytest.fixture(autouse=True)
def a_patient_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that tests is busy."""
    monkeypatch.setattr(search, "COUNT_SECONDS", 60)


@pytest.fixture
def happened(db: None) -> Callable[..., Event]:
    """Write an event, by default of Dana on a key of Halide: `happened(Verb.KEY_ISSUED, ago=timedelta(days=2))`."""

    def write(verb: Verb = Verb.KEY_EDITED, *, ago: timedelta = timedelta(), **told: Any) -> Event:
        told = {"actor": DANA, "target": PROD, "organization": HALIDE} | told
        with time_machine.travel(NOON - ago, tick=False):
            if told.get("outcome", "success") != "success":
                return trail.record_refusal(verb, **told)
            with transaction.atomic():
                return trail.record(verb, **told)

    return write


@pytest.fixture
def shelf(db: None) -> Iterator[Callable[..., list[Any]]]:
    """Run SQL on a guarded table of the test's own, whose rows are named by `uid` or by the organization `owner`."""

    def run(sql: str, *values: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    run("CREATE TEMPORARY TABLE shelf (uid text, owner text, note text, seen int)")
    run(
        guards.protect("shelf", "SELECT $1->>'uid' UNION ALL SELECT $1->>'owner'", columns=["uid", "owner", "note"]).sql
    )
    yield run
    run("DROP TABLE IF EXISTS shelf")
