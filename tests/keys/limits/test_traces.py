"""A limit over 24 hours, 7, 30 or 90 days: what is counted of each step, and what is said where it is not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.urls import reverse
from django.utils import timezone

from keys import limit_chart, retention
from keys.limits import durations, replay, traces
from keys.limits.slots import Slot
from keys.limits.terms import Terms
from keys.limits.traces import SPANS, Point
from keys.models import ApiKey, DecisionHour
from orgs.models import Organization, Staff
from tests import factories
from tests.keys.limits.test_what_if import JOBS, MONTH, NOW, V2, count, key, organization

__all__ = ["key", "organization"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RATE = Terms(V2, 120, 20)
DAYS, MONTHS = (traces.span(value) for value in ("24h", "90d"))


def points(organization: Organization, terms: Terms, value: str, *, now: datetime = NOW) -> list[Point]:
    """What is drawn, but for where nothing was used or refused."""
    span = traces.span(value)
    known = traces.known(organization, span, at=now, week=replay.week(organization, at=now), keys=[])
    return [point for point in traces.trace(known, terms, span) if point.used or point.refused]


def count_hour(key: ApiKey, at: datetime, calls: int, *, code: str = "VALID", limit: str = "", units: int = 0) -> None:
    """Calls of an hour of which no minute is kept."""
    told = {"organization": key.organization, "key": key, "api_version": "v2", "code": code, "limit_name": limit}
    DecisionHour.objects.create(**told, hour=at, calls=calls, units=units or calls)


@pytest.mark.parametrize("span", SPANS)
def test_every_time_has_few_points_and_begins_on_full_steps(organization: Organization, span: traces.Span) -> None:
    known = traces.known(organization, span, at=NOW, week=replay.week(organization, at=NOW), keys=[])
    organization.created_at = NOW - 400 * DAY
    drawn = traces.trace(traces.known(organization, span, at=NOW, week=known, keys=[]), RATE, span)
    assert 80 <= len(drawn) <= 100
    assert drawn[0].at == span.first(NOW)
    assert (drawn[0].at - drawn[0].at.replace(hour=0, minute=0)) % span.step == timedelta()
    assert {after.at - before.at for before, after in pairwise(drawn)} == {span.step}
    assert drawn[-1].at < NOW <= drawn[-1].at + span.step


def test_no_longer_than_counts_are_kept() -> None:
    assert all(span.length < (retention.HOURS if span.is_long else retention.MINUTES) for span in SPANS)


def test_a_day_is_told_by_the_busiest_minute_of_each_quarter(key: ApiKey, organization: Organization) -> None:
    for minutes, calls in ((200, 30), (199, 50), (170, 7), (25 * 60, 90)):
        count(key, timedelta(minutes=minutes), calls=calls)
    told = [(f"{point.at:%H:%M}", point.used) for point in points(organization, RATE, "24h")]
    assert told == [("10:30", 50), ("11:00", 7)]


def test_refusals_of_an_hour_stand_in_the_minutes_that_refused(key: ApiKey, organization: Organization) -> None:
    for minutes, calls in ((230, 30), (185, 12)):
        count(key, timedelta(minutes=minutes), calls=100)
        count(key, timedelta(minutes=minutes), calls=calls, code="RATE_LIMITED", limit="v2-minute")
    count(key, timedelta(minutes=205), calls=5, code="QUOTA_EXCEEDED", limit="month")
    told = [(f"{point.at:%H:%M}", point.refused) for point in points(organization, RATE, "24h")]
    assert told == [("10:00", 30), ("10:45", 12)]


def test_two_limits_that_refused_in_one_hour_share_its_minutes(key: ApiKey, organization: Organization) -> None:
    factories.RuleFactory(organization=organization, name="v2-hour", limit=10, period_s=3_600, burst=1)
    count(key, timedelta(minutes=230), calls=30, code="RATE_LIMITED", limit="v2-minute")
    count(key, timedelta(minutes=190), calls=11, code="RATE_LIMITED", limit="v2-hour")
    told = points(organization, RATE, "24h")
    assert sum(point.refused for point in told) == 30
    assert sum(point.refused for point in points(organization, RATE, "7d")) == 30
    hourly = Terms(Slot("rate", "requests", "v2", 3_600), 10, 1)
    assert sum(point.refused for point in points(organization, hourly, "24h")) == 11


@pytest.mark.parametrize(("value", "at"), [("30d", "2026-11-02 08:00"), ("90d", "2026-11-02 00:00")])
def test_long_ago_the_average_of_the_busiest_hour_is_told(
    key: ApiKey, organization: Organization, value: str, at: str
) -> None:
    count_hour(key, datetime(2026, 11, 2, 9, tzinfo=UTC), 3_000)
    count_hour(key, datetime(2026, 11, 2, 11, tzinfo=UTC), 4_201)
    count_hour(key, datetime(2026, 11, 2, 11, tzinfo=UTC), 17, code="RATE_LIMITED", limit="v2-minute")
    [told] = points(organization, RATE, value)
    assert (f"{told.at:%Y-%m-%d %H:%M}", told.used, told.refused, told.limit) == (at, 71, 17, 120)


def test_cost_units_of_an_hour_are_averaged_too(key: ApiKey, organization: Organization) -> None:
    count_hour(key, datetime(2026, 11, 2, 9, tzinfo=UTC), 600, units=1_800)
    minute, day = (Terms(Slot("rate", "units", "v2", seconds), 50, 5) for seconds in (60, 86_400))
    assert [point.used for point in points(organization, minute, "30d")] == [30]
    # Any 24 hours in which it lies.
    assert {point.used for point in points(organization, day, "30d")} == {1_800}


def test_a_rate_of_a_second_is_averaged_over_its_minute(key: ApiKey, organization: Organization) -> None:
    count(key, timedelta(minutes=200), calls=121)
    assert [point.used for point in points(organization, Terms(Slot("rate", period_s=1), 10, 5), "24h")] == [3]


def test_a_month_fills_and_begins_anew(key: ApiKey, organization: Organization) -> None:
    for day, calls in ((30, 40), (31, 2)):
        count_hour(key, datetime(2026, 10, day, 9, tzinfo=UTC), calls)
    count_hour(key, datetime(2026, 11, 3, 9, tzinfo=UTC), 5)
    told = {f"{point.at:%d %b}": point.used for point in points(organization, Terms(MONTH, 1_000), "90d")}
    assert (told["30 Oct"], told["31 Oct"], told["03 Nov"], told["22 Nov"]) == (40, 42, 5, 5)
    assert "02 Nov" not in told


def test_running_jobs_are_averaged_over_the_hour(
    key: ApiKey, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durations, "_registered", [lambda organization: {"v2": 30.0}])
    count_hour(key, datetime(2026, 11, 2, 9, tzinfo=UTC), 480)
    assert [point.used for point in points(organization, Terms(JOBS, 9), "90d")] == [4]
    count(key, timedelta(minutes=20), calls=4)
    known = replay.week(organization, at=NOW)
    assert limit_chart.notes(known, Terms(JOBS, 9), DAYS) == [
        "Running jobs are estimated: admitted calls times the mean length of a job, 30 s."
    ]


def test_what_is_not_counted_for_so_long_is_said(organization: Organization) -> None:
    known = replay.week(organization, at=NOW)
    assert limit_chart.notes(known, RATE, DAYS) == []
    assert limit_chart.notes(known, RATE, MONTHS) == [
        "Nothing is counted before 23 Sep 2026: the organization is not older.",
        "Minutes are kept for 8 days, so that hours are averaged: a peak was higher.",
    ]
    assert limit_chart.notes(known, Terms(MONTH, 9), traces.span("30d")) == []


@pytest.mark.parametrize(
    ("slot", "value", "words"),
    [
        (V2, "24h", "Busiest minute"),
        (V2, "90d", "Busiest hour, on average a minute"),
        (Slot("rate", period_s=1), "7d", "Busiest minute, on average a second"),
        (Slot("rate", period_s=3_600), "30d", "Most an hour"),
        (JOBS, "7d", "Running, most"),
        (MONTH, "90d", "Used so far"),
    ],
)
def test_what_is_drawn_is_named(organization: Organization, slot: Slot, value: str, words: str) -> None:
    span, terms = traces.span(value), Terms(slot, 10)
    known = traces.known(organization, span, at=NOW, week=replay.week(organization, at=NOW), keys=[])
    assert limit_chart.chart(known, terms, [], span)["used"] == words


def test_the_time_is_chosen_by_plain_links_and_stays_with_another_limit(
    key: ApiKey, organization: Organization, key_admin: Staff, browser_of: object
) -> None:
    now = timezone.now()
    count(key, 20 * DAY, calls=130, now=now)
    page = reverse("keys:org_limits", args=[organization.uid])
    answer = browser_of(key_admin).get(f"{page}?over=rate-requests-v2-60&range=30d")  # type: ignore[operator]
    html = answer.content.decode()
    assert answer.context["span"].value == "30d"
    assert max(point["used"] for point in answer.context["chart"]["points"]) == 3
    for value in ("24h", "7d", "90d"):
        assert f'href="?over=rate-requests-v2-60&amp;range={value}#over-time"' in html
    assert 'href="?over=rate-requests-v1-60&amp;range=30d#over-time"' in html
    assert "Minutes are kept for 8 days" in html


def test_a_time_that_nobody_offers_is_the_usual_one(
    organization: Organization, key_admin: Staff, browser_of: object
) -> None:
    page = reverse("keys:org_limits", args=[organization.uid])
    assert browser_of(key_admin).get(f"{page}?range=13mo").context["span"].value == "7d"  # type: ignore[operator]


def test_a_keys_own_calls_are_drawn_over_a_long_time(key: ApiKey, key_admin: Staff, browser_of: object) -> None:
    now = timezone.now()
    other = factories.KeyFactory(organization=key.organization)
    count(key, 20 * DAY, calls=130, now=now)
    count(other, 30 * DAY, calls=13_000, now=now)
    page = reverse("keys:key_limits", args=[key.uid])
    answer = browser_of(key_admin).get(f"{page}?over=rate-requests-v2-60&range=90d")  # type: ignore[operator]
    assert max(point["used"] for point in answer.context["chart"]["points"]) == 3


def test_that_the_peak_of_running_jobs_is_estimated_is_said(
    organization: Organization, key_admin: Staff, browser_of: object
) -> None:
    page, browser = reverse("keys:org_limits", args=[organization.uid]), browser_of(key_admin)  # type: ignore[operator]
    assert "is estimated" not in browser.get(page).content.decode()
    factories.RuleFactory(
        organization=organization, name="jobs", kind="concurrency", api_version=None, period_s=None, burst=None, limit=4
    )
    answer = browser.get(page)
    assert "≈ is estimated: admitted calls times the mean length of a job." in answer.content.decode()
    assert [used.is_estimate for _, _, used in answer.context["rows"]] == [False, False, True]
