"""What was counted is not changed, removed or emptied: neither by the application, nor by the tables' owner."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit import trail
from axis_admin.owner import as_owner
from keys.models import KeySecret
from metering import ledger
from metering.models import Generation, RejectedGeneration, UsageDay, UsageHour
from orgs import actions
from tests.factories import SecretFactory
from tests.metering.conftest import Report, generation


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _month(at: datetime) -> str:
    return f"metering_generation_{at:%Y%m}"


@pytest.fixture
def month() -> str:
    """The month of a generation that is committed, so that other logins see it."""
    now = timezone.now()
    halide = actions.create_organization(actor=trail.SYSTEM, name="Halide & Sons")
    secret = SecretFactory(key__organization=halide)
    ledger.append(items=[generation(secret, now)], source="gw", gateway="gwc_test", now=now)
    assert Generation.objects.count() == 1
    return _month(now)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["metering_generation", "{month}"])
@pytest.mark.parametrize("change", ["UPDATE {} SET units = 2", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_owner_is_refused_by_the_ledger_itself(month: str, table: str, change: str) -> None:
    with as_owner(), pytest.raises(DatabaseError, match="append-only") as refused:
        _run(change.format(table.format(month=month)))
    assert refused.value.__cause__.sqlstate == "AX011"  # type: ignore[union-attr]
    assert Generation.objects.get().units == 1


@pytest.mark.django_db(transaction=True)
def test_the_refusals_hold_for_replication_and_for_every_month() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT metering_ensure_month((now() + interval '4 months')::date)")
        cursor.execute(
            "SELECT relid::regclass::text, array_agg(tgname::text || ' ' || tgenabled::text ORDER BY tgname)"
            " FROM pg_partition_tree('metering_generation') JOIN pg_trigger ON tgrelid = relid GROUP BY relid"
        )
        found = dict(cursor.fetchall())
    assert len(found) == 1 + 8
    assert set(map(tuple, found.values())) == {("ledger_no_change A", "ledger_no_truncate A")}


@pytest.mark.django_db(transaction=True)
def test_an_old_month_may_be_detached_and_dropped(month: str) -> None:
    with as_owner():
        _run(f"ALTER TABLE metering_generation DETACH PARTITION {month}")
        _run(f"DROP TABLE {month}")
    assert not Generation.objects.exists()


@pytest.mark.parametrize("table", ["metering_usagehour", "metering_usageday", "metering_rejectedgeneration"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET organization_id = 1"])
def test_the_application_may_not_empty_or_move_what_was_counted(db: None, table: str, change: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        _run(change.format(table))


@pytest.mark.parametrize("column", ["raw", "status", "code", "generation_id", "received_at"])
def test_the_application_may_not_rewrite_a_reject(db: None, column: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        _run(f"UPDATE metering_rejectedgeneration SET {column} = {column}")


def test_counting_goes_on(live: KeySecret, now: datetime, report: Report) -> None:
    wrong = generation(live, now, units=0)
    for _ in range(2):
        report(generation(live, now), wrong, at=now + timedelta(seconds=1))
    assert (UsageHour.objects.get().generations, UsageDay.objects.get().generations) == (2, 2)
    assert RejectedGeneration.objects.get().seen == 2
