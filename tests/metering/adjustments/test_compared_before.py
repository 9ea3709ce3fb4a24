"""Hours that agreed are not read again, until anything is counted, told or taken back in them."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keys.models import KeySecret
from metering import actions, agreement, checks, control_totals
from metering.control_totals import Total
from metering.models import (
    BillingPeriod,
    ControlTotal,
    Generation,
    PeriodCheck,
    RejectedGeneration,
    UsageDay,
    UsageHour,
)
from orgs.models import Organization, Staff
from tests.cast import ACTOR
from tests.metering.adjustments.conftest import approve, asked, reported
from tests.metering.closing.given import a_contract, a_key, in_review
from tests.metering.conftest import Report, generation

HOUR = timedelta(hours=1)
Tell = Callable[..., None]


@pytest.fixture
def hour(period: BillingPeriod) -> datetime:
    """An hour of the period that is over."""
    return period.span.lower


@pytest.fixture
def tell(halide: Organization, period: BillingPeriod, now: datetime) -> Tell:
    """Say as a source how many there were in hours, all told up to the period's end."""

    def keep(*counts: tuple[datetime, int], source: str = "gw-eu-1") -> None:
        totals = [Total(at, halide.uid, "v2", succeeded) for at, succeeded in counts]
        control_totals.keep(totals, source=source, complete_through=period.span.upper, gateway="gw", now=now)

    return keep


def _look(period: BillingPeriod) -> PeriodCheck:
    """Look at the period as the sweep does once it has ended."""
    at = period.span.upper + timedelta(days=1)
    checks.keep(checks.look([period], at=at).values())
    return PeriodCheck.objects.get(period=period)


def _statements(period: BillingPeriod) -> int:
    """In how many statements it is compared: one where no hour is read."""
    with CaptureQueriesContext(connection) as captured:
        agreement.of_period(period)
    return len(captured)


def test_hours_that_agreed_are_not_read_again(
    period: BillingPeriod, live: KeySecret, report: Report, tell: Tell, hour: datetime
) -> None:
    reported(report, live, hour)
    tell((hour, 1))
    first = agreement.of_period(period)
    assert _statements(period) == 2
    assert _look(period).compared == first.compared
    assert _statements(period) == 1
    assert agreement.of_period(period) == first


def test_hours_that_differ_are_read_each_time(period: BillingPeriod, tell: Tell, hour: datetime) -> None:
    tell((hour, 1))
    assert _look(period).differing == 1
    assert _statements(period) == 2
    assert agreement.of_period(period).differences == ((hour, "v2", 0, 1),)


def test_what_gateways_are_behind_with_is_always_asked(period: BillingPeriod, report: Report, live: KeySecret) -> None:
    _look(period)
    report(generation(live, period.span.lower, outcome="failed"), source="gw-us-1", at=period.span.lower)
    assert _statements(period) == 1
    assert agreement.of_period(period).behind == ("gw-us-1",)


def test_what_is_counted_afterwards_is_compared(
    period: BillingPeriod, live: KeySecret, report: Report, hour: datetime
) -> None:
    _look(period)
    reported(report, live, hour)
    assert agreement.of_period(period).differences == ((hour, "v2", 1, 0),)


def test_what_is_told_otherwise_is_compared_also_where_the_sum_is_the_same(
    period: BillingPeriod, live: KeySecret, report: Report, tell: Tell, hour: datetime
) -> None:
    reported(report, live, hour)
    tell((hour, 1), (hour + HOUR, 0))
    assert _look(period).differing == 0
    tell((hour, 0), (hour + HOUR, 1))
    assert agreement.of_period(period).differing == 2


@pytest.mark.parametrize("change", ["insert", "update"])
def test_whoever_writes_totals_the_change_is_marked(
    period: BillingPeriod, live: KeySecret, report: Report, tell: Tell, hour: datetime, change: str
) -> None:
    reported(report, live, hour)
    tell((hour, 1))
    _look(period)
    totals = ControlTotal.objects.all()
    if change == "insert":
        ControlTotal.objects.bulk_create([_another(totals.get())])
    else:
        totals.update(succeeded=2)
    assert agreement.of_period(period).differing == 1


def test_a_void_and_a_generation_of_another_hour_do_not_make_up_for_each_other(
    period: BillingPeriod,
    live: KeySecret,
    report: Report,
    tell: Tell,
    hour: datetime,
    now: datetime,
    billing: Staff,
    administrator: Staff,
) -> None:
    found = reported(report, live, hour)
    tell((hour, 1))
    _look(period)
    approve(asked(found, billing), administrator, now)
    assert agreement.of_period(period).matches
    _look(period)
    reported(report, live, hour + HOUR)
    assert agreement.of_period(period).differences == ((hour + HOUR, "v2", 1, 0),)


def test_what_staff_sent_again_is_compared(
    period: BillingPeriod, live: KeySecret, report: Report, tell: Tell, hour: datetime
) -> None:
    report(generation(live, hour), generation(live, hour + timedelta(minutes=30)), at=hour + timedelta(minutes=1))
    tell((hour, 1))
    _look(period)
    early = RejectedGeneration.objects.get(code="timestamp_in_future")
    actions.retry_reject(reject=early, actor=ACTOR, now=hour + HOUR)
    assert _statements(period) == 2
    assert agreement.of_period(period).matches


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia"])
@pytest.mark.django_db
def test_each_hour_is_marked_wherever_a_day_begins(zone: str) -> None:
    period = in_review(a_contract(time_zone=zone))
    hours = agreement.touched(agreement.periods.Span(period.span.lower, period.span.upper))
    for at in (hours.start, hours.start + 12 * HOUR, hours.end - 12 * HOUR, hours.end - HOUR):
        _look(period)
        _count(period, at)
        assert agreement.of_period(period).differences == ((at, "v2", 1, 0),)
        _tell(period, at)
        assert _look(period).differing == 0
        assert _statements(period) == 1


@pytest.mark.django_db
def test_what_is_told_of_other_days_reads_no_hour_again() -> None:
    period = in_review(a_contract())
    _look(period)
    for at in (period.span.lower - HOUR, period.span.upper):
        _tell(period, at)
    assert _statements(period) == 1


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_it_is_found_as_if_nobody_had_looked_before(
    period: BillingPeriod,
    live: KeySecret,
    report: Report,
    tell: Tell,
    hour: datetime,
    now: datetime,
    billing: Staff,
    administrator: Staff,
    seed: int,
) -> None:
    drawn = random.Random(seed)
    there: list[Generation] = []
    for _ in range(14):
        at = hour + drawn.randrange(3) * HOUR
        what = drawn.choice(("report", "tell", "tell", "void", "look"))
        if what == "report":
            there.append(reported(report, live, at))
        elif what == "tell":
            tell((at, drawn.randrange(3)), source=drawn.choice(("gw-eu-1", "gw-us-1")))
        elif what == "void" and there:
            approve(asked(there.pop(drawn.randrange(len(there))), billing), administrator, now)
        else:
            _look(period)
        found = agreement.of_period(period)
        kept = PeriodCheck.objects.filter(period=period)
        before = list(kept)
        kept.delete()
        assert agreement.of_period(period) == found
        checks.keep(before)


def _count(period: BillingPeriod, at: datetime) -> None:
    """Count one in that hour, as the ledger does: by the hour and by its UTC day."""
    said: dict[str, Any] = {
        "organization": period.organization,
        "period": period,
        "key": a_key(period.organization),
        "environment": "live",
        "api_version": "v2",
        "outcome": "succeeded",
        "resolution": "2K",
        "aspect_ratio": f"{at.hour}:1",
        "service_tier": "shared",
        "failure_cause": "",
        "generations": 1,
        "units": 1,
    }
    UsageDay.objects.create(day=at.date(), **said)
    UsageHour.objects.create(hour=at, **said)


def _tell(period: BillingPeriod, at: datetime) -> None:
    ControlTotal.objects.create(
        source="gw", hour=at, organization=period.organization, api_version="v2", succeeded=1, received_at=at
    )


def _another(total: ControlTotal) -> ControlTotal:
    total.pk, total.source = None, "gw-us-1"
    return total
