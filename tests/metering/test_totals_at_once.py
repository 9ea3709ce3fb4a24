"""Gateways tell their counts of the same days at once: each is written down, and none is turned away for another."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from metering import control_totals
from metering.control_totals import Total
from metering.models import ToldDay
from orgs.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)
DEADLINE = 20


def _waiting() -> int:
    """How many wait for a row that somebody else holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def test_what_one_tells_anew_and_another_again_does_not_cross(
    halide: Organization, now: datetime, together: Callable[[Callable[[int], object]], list[object]]
) -> None:
    first, second, third = (now.replace(minute=0, second=0, microsecond=0) - timedelta(days=n) for n in (3, 2, 1))

    def tell(source: str, *hours: datetime, succeeded: int = 1) -> None:
        totals = [Total(hour, halide.uid, "v2", succeeded) for hour in hours]
        control_totals.keep(totals, source=source, complete_through=now, gateway="gw", now=now)

    def hold_the_first_day() -> None:
        with transaction.atomic():
            ToldDay.objects.select_for_update().get(day=first.date())
            until = time.monotonic() + DEADLINE
            while _waiting() < 2 and time.monotonic() < until:
                time.sleep(0.02)

    def work(number: int) -> None:
        if number == 0:
            hold_the_first_day()
        elif number < 3:
            time.sleep(0.5)
            tell(f"gw-{number}", first, second, third, succeeded=2)

    tell("gw-0", first)
    tell("gw-1", second)
    tell("gw-2", third)
    together(work)
    assert {told.day: told.changes for told in ToldDay.objects.all()} == {
        first.date(): 3, second.date(): 3, third.date(): 3
    }  # fmt: skip
