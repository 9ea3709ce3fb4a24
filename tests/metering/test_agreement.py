"""A billing period is held against what the gateways say they have counted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keys.models import KeySecret
from metering import actions, agreement, control_totals, periods
from metering.control_totals import Total
from metering.models import BillingPeriod, RejectedGeneration
from orgs.models import Organization
from tests.cast import ACTOR
from tests.metering.conftest import Report, generation

HOUR = timedelta(hours=1)
Tell = Callable[..., None]


@pytest.fixture
def period(halide: Organization, now: datetime) -> BillingPeriod:
    return halide.billing_periods.containing(now).get()


@pytest.fixture
def hour(period: BillingPeriod) -> datetime:
    """The first whole hour of the period."""
    return period.span.lower.astimezone(UTC)


@pytest.fixture
def tell(halide: Organization, period: BillingPeriod, now: datetime) -> Tell:
    """Say as a source what was counted, complete up to the period's end unless told otherwise."""

    def keep(*counts: tuple[datetime, int], source: str = "gw-eu-1", through: datetime | None = None) -> None:
        totals = [Total(hour, halide.uid, "v2", succeeded) for hour, succeeded in counts]
        end = through or period.span.upper
        control_totals.keep(totals, source=source, complete_through=end, gateway="gw", now=now)

    return keep


def test_no_generations_and_no_totals_agree(period: BillingPeriod) -> None:
    found = agreement.of_period(period)
    assert found.matches
    assert found.sources == 0


def test_equal_counts_of_a_complete_source_agree(
    period: BillingPeriod, live: KeySecret, sandbox: KeySecret, report: Report, tell: Tell, hour: datetime
) -> None:
    report(
        *(generation(live, hour + timedelta(minutes=n)) for n in range(3)),
        generation(live, hour, outcome="failed"),
        generation(sandbox, hour),
        at=hour + HOUR,
    )
    tell((hour, 3))
    assert agreement.of_period(period).matches


def test_an_hour_that_is_counted_otherwise_is_named(
    period: BillingPeriod, live: KeySecret, report: Report, tell: Tell, hour: datetime
) -> None:
    report(generation(live, hour), at=hour + HOUR)
    tell((hour, 2), (hour + HOUR, 5))
    found = agreement.of_period(period)
    assert not found.matches
    assert found.differences == ((hour, "v2", 1, 2), (hour + HOUR, "v2", 0, 5))
    assert found.differing == 2


def test_what_nobody_told_differs_too(
    period: BillingPeriod, live: KeySecret, report: Report, tell: Tell, hour: datetime
) -> None:
    report(generation(live, hour), at=hour + HOUR)
    tell()
    assert agreement.of_period(period).differences == ((hour, "v2", 1, 0),)


def test_the_sums_over_all_sources_are_compared(
    period: BillingPeriod, live: KeySecret, report: Report, tell: Tell, hour: datetime
) -> None:
    report(generation(live, hour), at=hour + HOUR)
    report(generation(live, hour), generation(live, hour), source="gw-us-1", at=hour + HOUR)
    tell((hour, 2))
    tell((hour, 1), source="gw-us-1")
    found = agreement.of_period(period)
    assert found.matches
    assert found.sources == 2


def test_a_source_that_is_not_complete_past_the_end_is_behind(
    period: BillingPeriod, live: KeySecret, report: Report, tell: Tell, hour: datetime
) -> None:
    report(generation(live, hour), at=hour + HOUR)
    report(generation(live, hour), source="gw-us-1", at=hour + HOUR)
    tell((hour, 2), through=period.span.upper - timedelta(milliseconds=1))
    found = agreement.of_period(period)
    assert not found.matches
    assert not found.differences
    assert found.behind == ("gw-eu-1", "gw-us-1")
    tell((hour, 2))
    tell(source="gw-us-1")
    assert agreement.of_period(period).matches


def test_a_source_that_did_not_report_in_it_is_not_waited_for(period: BillingPeriod, tell: Tell) -> None:
    tell(source="gw-us-1", through=period.span.lower)
    assert agreement.of_period(period).matches


def test_totals_of_another_time_do_not_matter(period: BillingPeriod, tell: Tell, hour: datetime) -> None:
    tell((hour - HOUR, 7), (period.span.upper, 7))
    assert agreement.of_period(period).matches


def test_only_the_first_hours_that_differ_are_named(period: BillingPeriod, tell: Tell, hour: datetime) -> None:
    tell(*((hour + n * HOUR, 1) for n in range(agreement.MOST_NAMED + 5)))
    found = agreement.of_period(period)
    assert len(found.differences) == agreement.MOST_NAMED
    assert found.differing == agreement.MOST_NAMED + 5


def test_many_periods_take_as_many_statements_as_one(halide: Organization, kestrel: Organization) -> None:
    every = list(BillingPeriod.objects.all())
    assert len(every) > 2
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = agreement.of_periods(every)
    assert len(asked) == 2
    assert set(found) == {period.pk for period in every}
    assert agreement.of_periods([]) == {}


def test_the_hours_of_a_period_that_begins_within_one_are_whole() -> None:
    # Midnight in Kathmandu is a quarter past the hour.
    span = periods.Span(datetime(2026, 1, 31, 18, 15, tzinfo=UTC), datetime(2026, 2, 28, 18, 15, tzinfo=UTC))
    hours = agreement.touched(span)
    assert (hours.start, hours.end) == (datetime(2026, 1, 31, 18, tzinfo=UTC), datetime(2026, 2, 28, 19, tzinfo=UTC))
    whole = periods.Span(hours.start, hours.end)
    assert agreement.touched(whole) == whole


def test_what_staff_sent_again_is_in_no_gateways_count(
    period: BillingPeriod, live: KeySecret, report: Report, tell: Tell, hour: datetime
) -> None:
    report(generation(live, hour), generation(live, hour + timedelta(minutes=30)), at=hour + timedelta(minutes=1))
    early = RejectedGeneration.objects.get(code="timestamp_in_future")
    actions.retry_reject(reject=early, actor=ACTOR, now=hour + HOUR)
    tell((hour, 1))
    assert agreement.of_period(period).matches
