"""The stretches of time that usage pages offer, and how they are drawn."""

from datetime import UTC, date, datetime, timedelta

from keys.models import KeySecret
from metering import charts, figures, usage, windows
from metering.usage import Tally
from orgs.models import Organization
from tests.metering.conftest import Report, generation

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _tally(succeeded: int, failed: int = 0) -> Tally:
    tally = Tally()
    tally.add("v2", "succeeded", succeeded, succeeded)
    tally.add("v1", "failed", failed, failed)
    return tally


def test_the_present_period_comes_first_and_ends_today(halide: Organization, now: datetime) -> None:
    first = windows.of_organization(halide, now=now)[0]
    assert first.period == halide.billing_periods.containing(now).get()
    assert first.value == f"{now:%Y-%m}"
    assert (first.first, first.last) == (now.date().replace(day=1), (now + windows.AHEAD).date())


def test_a_period_that_has_not_begun_is_not_offered(halide: Organization, now: datetime) -> None:
    following = halide.billing_periods.get(span__startswith__gt=now)
    assert following.label not in {window.value for window in windows.of_organization(halide, now=now)}


def test_last_days_include_today() -> None:
    week = windows.recent(NOON)[0]
    assert (week.value, week.first, week.last) == ("7d", date(2026, 11, 16), NOON.date())
    assert len(week.days) == 7


def test_everybody_is_compared_by_utc_months() -> None:
    month, before, *_ = windows.of_everybody(now=datetime(2027, 1, 1, tzinfo=UTC))
    assert (month.label, month.first, month.last) == ("January 2027", month.last, date(2027, 1, 1))
    assert (before.first, before.last) == (date(2026, 12, 1), date(2026, 12, 31))


def test_a_year_is_drawn_by_months_that_add_up() -> None:
    year = next(window for window in windows.recent(NOON) if window.value == "365d")
    chart = charts.generations(year, {day: _tally(1) for day in year.days})
    assert (chart["column"], len(chart["points"])) == ("Month", 13)
    assert sum(sum(point["v"]) for point in chart["points"]) == 365
    assert [point["title"] for point in chart["points"]][::12] == ["November 2025", "November 2026"]


def test_a_course_of_many_days_is_drawn_by_weeks() -> None:
    _, month, _, year = windows.recent(NOON)
    assert sum(charts.course(year, dict.fromkeys(year.days, 1))) == 365
    assert len(charts.course(year, {})) == 53
    assert len(charts.course(month, {})) == 30


def test_a_success_rate_is_cut_and_never_rounded_up() -> None:
    assert figures.success(Tally()) == "–"
    assert figures.success(_tally(5)) == "100.00%"
    assert figures.success(_tally(999_999, 1)) == "99.99%"
    assert figures.success(_tally(0, 3)) == "0.00%"
    assert figures.success(_tally(2, 1)) == "66.66%"


def test_a_period_counts_by_its_own_bounds_and_not_by_days(live: KeySecret, now: datetime, report: Report) -> None:
    period = live.key.organization.billing_periods.containing(now).get()
    report(generation(live, period.span.lower), generation(live, period.span.lower - timedelta(milliseconds=1)))
    assert usage.of_period(period, environment="live").generations == 1
