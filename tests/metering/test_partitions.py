"""The ledger's months are made by the database for whoever may, and what is in them stays as it was written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from audit import uuid7
from keys.models import KeySecret
from metering import partitions, tasks
from metering.models import Generation
from tests.databases import MONTHS_OF_TESTS
from tests.metering.conftest import Report, generation


def _months() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree('metering_generation') WHERE isleaf")
        return {name.removeprefix("metering_generation_") for (name,) in cursor.fetchall()}


def _month(now: datetime, away: int) -> str:
    month = now.year * 12 + now.month - 1 + away
    return f"{month // 12:04}{month % 12 + 1:02}"


def _next_month(now: datetime) -> datetime:
    """A time in it, also from the 31st on."""
    return now.replace(day=1) + timedelta(days=31)


def test_three_months_on_either_side_are_there(db: None, now: datetime) -> None:
    named = {f"{first:%Y%m}" for first in MONTHS_OF_TESTS}
    assert _months() == named | {_month(now, away) for away in range(-3, 4)}
    assert partitions.ensure(now=now) == []


def test_the_sweep_makes_what_is_missing(db: None, now: datetime) -> None:
    assert partitions.ensure(now=_next_month(now)) == [f"metering_generation_{_month(now, 4)}"]
    tasks.ensure_partitions()
    assert _month(now, 4) in _months()


def test_history_of_thirteen_months_has_room(db: None, now: datetime) -> None:
    first = now - timedelta(days=397)
    back = (now.year - first.year) * 12 + now.month - first.month
    assert back >= 13
    missing = [month for month in (_month(now, away) for away in range(-back, 0)) if month not in _months()]
    assert partitions.ensure_between(first, now) == [f"metering_generation_{month}" for month in missing]


@pytest.mark.parametrize("months", [-16, 5, -600, 90_000])
def test_a_month_out_of_reach_is_refused(months: int, db: None, now: datetime) -> None:
    month = now.year * 12 + now.month - 1 + months
    with pytest.raises(DatabaseError, match="The ledger has no month"), transaction.atomic():
        partitions._ensure(range(month, month + 1))


def test_a_month_holds_its_utc_days_alone(live: KeySecret, now: datetime, report: Report) -> None:
    first = datetime(now.year, now.month, 1, tzinfo=UTC)
    for at in (first, first - timedelta(milliseconds=1)):
        report(generation(live, at, generation_id=str(uuid7.make(at))))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM metering_generation ORDER BY generation_id")
        names = [name for (name,) in cursor.fetchall()]
    assert names == [f"metering_generation_{_month(now, away)}" for away in (-1, 0)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE metering_generation SET units = 2",
        "DELETE FROM metering_generation",
        "TRUNCATE metering_generation",
        "UPDATE {month} SET units = 2",
        "DELETE FROM {month}",
        "TRUNCATE {month}",
        "DROP TABLE {month}",
        "INSERT INTO {month} SELECT * FROM metering_generation",
        "ALTER TABLE metering_generation DETACH PARTITION {month}",
    ],
)
def test_the_application_changes_and_removes_nothing(
    statement: str, live: KeySecret, now: datetime, report: Report
) -> None:
    report(generation(live, now))
    month = f"metering_generation_{_month(now, 0)}"
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        _run(statement.format(month=month))
    assert Generation.objects.get().units == 1


def test_a_month_made_later_is_as_well_protected(db: None, now: datetime) -> None:
    (name,) = partitions.ensure(now=_next_month(now))
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        _run(f"DELETE FROM {name}")


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
