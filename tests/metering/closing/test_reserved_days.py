"""Reserved days are charged by the dates that were agreed, wherever the customer is, and each of them once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from psycopg.types.range import TimestamptzRange

from metering import drafts, periods, reserved_days
from metering.models import BillingPeriod
from metering.periods import Terms
from tests.capacity import a_pool, a_reservation
from tests.metering.closing.given import a_contract, period_of

ZONES = [
    "Pacific/Honolulu",
    "America/Sao_Paulo",
    "America/St_Johns",
    "UTC",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
]
DAY = timedelta(days=1)


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
def test_what_is_reserved_for_a_month_is_charged_in_that_month(zone: str) -> None:
    since = datetime(2026, 8, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    contract = a_contract(since=since, time_zone=zone, capacity_fee=Decimal("9.50"))
    with time_machine.travel(datetime(2026, 10, 1, 12, tzinfo=UTC), tick=False):
        a_reservation(a_pool("lisbon-a"), units=8, first=0, last=30, organization=contract.organization)
    (line,) = drafts.draft(period_of(contract)).lines
    assert (line.note, line.amount) == ("8 units × 31 days", Decimal("2356.00"))
    assert [drafts.draft(period_of(contract, label)).lines for label in ("2026-09", "2026-11")] == [(), ()]


@pytest.mark.parametrize("zone", [*ZONES, "Pacific/Midway", "Pacific/Kiritimati"])
@pytest.mark.parametrize("anchor", [1, 15, 29, 31])
def test_each_day_is_charged_in_one_period(zone: str, anchor: int) -> None:
    terms = Terms(anchor, ZoneInfo(zone), datetime(2026, 1, 1, tzinfo=UTC))
    spans = periods.between(terms.since, terms.since + 366 * DAY, terms)
    charged = [
        reserved_days.days_of(BillingPeriod(span=TimestamptzRange(span.start, span.end, "[)"))) for span in spans
    ]
    found = [one for one in charged if one is not None]
    assert found[0].first in (date(2026, 1, 1), date(2025, 12, 31))
    assert all(one.last + DAY == following.first for one, following in pairwise(found))
