"""The last days beside an organization's name, and how they are drawn; a period's own count."""

from datetime import UTC, date, datetime, timedelta

from keys.models import KeySecret
from metering import charts, usage, windows
from metering.usage import Tally
from tests.metering.conftest import Report, generation

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_last_days_include_today() -> None:
    window = windows.last_30_days(NOON)
    assert (window.first, window.last, len(window.days)) == (date(2026, 10, 24), NOON.date(), 30)


def test_every_day_is_drawn_v2_first() -> None:
    tally = Tally()
    tally.add("v2", "succeeded", 5, 9)
    tally.add("v1", "succeeded", 2, 2)
    tally.add("v1", "failed", 7, 7)
    chart = charts.generations(windows.last_30_days(NOON), {NOON.date(): tally})
    assert [point["v"] for point in chart["points"]] == [[0, 0]] * 29 + [[5, 2]]
    assert [series["label"] for series in chart["series"]] == ["v2", "v1"]


def test_a_period_counts_by_its_own_bounds_and_not_by_days(live: KeySecret, now: datetime, report: Report) -> None:
    period = live.key.organization.billing_periods.containing(now).get()
    report(generation(live, period.span.lower), generation(live, period.span.lower - timedelta(milliseconds=1)))
    assert usage.of_period(period, environment="live").generations == 1
