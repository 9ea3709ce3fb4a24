"""Old months leave the ledger once everything about them is final."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import Event
from axis_admin.owner import as_owner
from keys.models import KeySecret
from metering import archiving
from orgs.models import Organization, Staff
from tests.metering.adjustments.conftest import asked, close, reported
from tests.metering.conftest import Report

YEARS = timedelta(days=800)


def test_a_month_is_kept_for_the_window_and_thirteen_months() -> None:
    assert archiving.kept_until(date(2025, 9, 1)) == datetime(2026, 12, 5, tzinfo=UTC)
    assert archiving.kept_until(date(2025, 11, 1)) == datetime(2027, 2, 5, tzinfo=UTC)
    # 35 days after December are 5 February.
    assert archiving.kept_until(date(2025, 12, 1)) == datetime(2027, 3, 5, tzinfo=UTC)


def _reasons(now: datetime, at: datetime) -> str:
    """Why the month of that time has to stay."""
    month = date(at.year, at.month, 1)
    found = {each.first: each for each in archiving.months(date(2999, 1, 1), now=now)}
    return "; ".join(found[month].reasons)


def test_a_month_stays_while_it_may_be_sent_again(now: datetime, db: None) -> None:
    assert "it is kept until" in _reasons(now, now)
    assert "it is kept until" not in _reasons(now + YEARS, now)


def test_a_month_stays_until_its_periods_are_final(now: datetime, halide: Organization) -> None:
    (period, *_) = halide.billing_periods.order_by("span")
    assert f"not final: halide-sons/{period.label}" in _reasons(now + YEARS, now)
    for one in halide.billing_periods.all():
        close(one, "final")
    assert _reasons(now + YEARS, now) == ""


def test_a_month_stays_until_what_counts_its_late_generations_is_final(
    report: Report, live: KeySecret, now: datetime, halide: Organization
) -> None:
    period, later = halide.billing_periods.order_by("span")
    close(period, "final")
    # Far enough from the next period that only what it counts keeps the month.
    reported(report, live, now)
    assert later.label in _reasons(now + YEARS, now)


def test_a_month_stays_while_an_adjustment_of_it_waits(
    report: Report, live: KeySecret, now: datetime, halide: Organization, billing: Staff
) -> None:
    asked(reported(report, live, now), billing)
    for one in halide.billing_periods.all():
        close(one, "final")
    assert _reasons(now + YEARS, now) == "1 adjustment of its generations wait for a decision"


@pytest.fixture
def ancient(transactional_db: None) -> Iterator[str]:
    """January 2001, attached to the ledger as a month is."""
    name = "metering_generation_200101"
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("SELECT metering_first_id('2001-01-01Z'), metering_first_id('2001-02-01Z')")
        bounds = "FROM ('{}') TO ('{}')".format(*cursor.fetchone())
        cursor.execute(f"CREATE TABLE {name} PARTITION OF metering_generation FOR VALUES {bounds}")
    yield name
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name}")


def _is_attached(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhrelid = %s::regclass", [name])
        return bool(cursor.fetchone()[0])


def test_the_command_detaches_what_may_go_and_leaves_an_event(ancient: str, capsys: Any) -> None:
    call_command("detach_months", before="2001-02", check=True)
    assert _is_attached(ancient)
    assert "1 month would be detached." in capsys.readouterr().out
    call_command("detach_months", before="2001-02")
    assert not _is_attached(ancient)
    assert "1 month detached." in capsys.readouterr().out
    event = Event.objects.get(verb="usage.archived")
    assert (event.target_id, event.detail["table"]) == ("2001-01", ancient)


def test_the_command_refuses_all_where_one_month_has_to_stay(ancient: str, now: datetime, capsys: Any) -> None:
    with pytest.raises(CommandError, match="has to stay: it is kept until"):
        call_command("detach_months", before=f"{now.year + 1}-12")
    assert _is_attached(ancient)
    assert "2001-01: may go" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "November"])
def test_a_month_is_written_as_one(text: str, db: None) -> None:
    with pytest.raises(CommandError, match="is no month"):
        call_command("detach_months", before=text)
