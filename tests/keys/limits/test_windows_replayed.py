"""What if for calendar quotas, beside a model that looks at every call by itself."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.limits import courses, replay
from keys.limits.courses import Course
from keys.limits.slots import Slot
from keys.limits.terms import Terms
from keys.models import ApiKey, DecisionMinute
from orgs.models import Organization
from tests import factories
from tests.keys.limits.test_editor import fields

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
DAY = Slot("window", "generations", None, None, "day")
MONTH = Slot("window", "generations", None, None, "month")


@pytest.fixture
def organization(db: None) -> Organization:
    return factories.OrganizationFactory(created_at=NOW - timedelta(days=60), time_zone="Asia/Kolkata")


@pytest.fixture
def key(organization: Organization) -> ApiKey:
    return factories.KeyFactory(organization=organization)


def call(key: ApiKey, minutes: Sequence[datetime], *, calls: int) -> None:
    """So many calls in each of these minutes, all admitted."""
    about = {"organization": key.organization, "key": key, "api_version": "v2", "code": "VALID"}
    for minute in minutes:
        DecisionMinute.objects.create(**about, minute=minute, calls=calls, units=calls)
    for hour, count in Counter(minute.replace(minute=0) for minute in minutes).items():
        factories.DecisionHourFactory(**about, hour=hour, calls=calls * count, units=calls * count)


def one_by_one(minutes: Sequence[datetime], *, calls: int, limit: int, zone: ZoneInfo, form: str) -> int:
    """Each call asks whether its day, or month, has still room; returns how many of the last week were refused."""
    passed: Counter[str] = Counter()
    refused = 0
    for minute in sorted(minutes):
        for _ in range(calls):
            window = f"{minute.astimezone(zone):{form}}"
            if passed[window] < limit:
                passed[window] += 1
            else:
                refused += minute >= NOW - timedelta(days=7)
    return refused


@pytest.mark.parametrize("limit", [0, 3, 20, 70, 1_000])
@pytest.mark.parametrize(("slot", "form"), [(DAY, "%Y-%m-%d"), (MONTH, "%Y-%m")])
def test_a_new_quota_admits_its_number_in_each_window(key, organization, limit, slot, form):
    minutes = [NOW - timedelta(hours=n, minutes=7 * n % 60) for n in range(1, 9 * 24, 1)]
    call(key, minutes, calls=3)
    found = replay.week(organization, at=NOW)
    told = found.what_if([Terms(slot, limit)], changed=[(slot, None)])
    expected = one_by_one(minutes, calls=3, limit=limit, zone=organization.zone, form=form)
    assert [(effect.before, effect.after) for effect in told.effects] == [(0, expected)]


def test_twenty_a_day_let_twenty_a_day_pass_on_the_page(key, organization, key_admin, browser_of):
    now = timezone.now().replace(second=0, microsecond=0)
    minutes = [now - timedelta(hours=n) for n in range(1, 6 * 24)]
    call(key, minutes, calls=3)
    page, browser = reverse("keys:org_limits", args=[organization.uid]), browser_of(key_admin)
    quota = {"new_limit": "20", "new_dimension": "generations", "new_per": "window-day", "new_mode": "block"}
    told = browser.post(page, {**fields(browser, page, **quota), "act": "review"}).context["told"].what_if
    by_day = Counter(minute.astimezone(organization.zone).date() for minute in minutes)
    assert len(by_day) in (6, 7)
    assert told.before == 0
    assert told.after == sum(max(0, 3 * count - 20) for count in by_day.values())


@settings(max_examples=300, deadline=None)
@given(
    days=st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6), min_size=1),
    limit=st.integers(0, 40),
    used=st.integers(0, 63),
)
def test_a_window_begins_anew_whatever_was_used_and_refused_before(days, limit, used):
    calls = [admitted + refused for day in days for admitted, refused in day]
    starts = {sum(map(len, days[:number])): 0 for number in range(len(days))} | {0: used}
    told = Course(calls, [admitted for day in days for admitted, _ in day], calls, calls, starts=starts)
    expected = 0
    for number, day in enumerate(days):
        room = max(0, limit - (0 if number else used))
        expected += max(0, sum(map(sum, day)) - room)
    assert sum(courses.refused_by_window(told, Terms(DAY, limit)).values()) == expected


def test_calls_that_cost_nothing_are_replayed_too():
    told = Course([2, 2], [2, 2], [2, 2], [0, 0], starts={0: 9, 1: 0})
    assert courses.refused_by_window(told, Terms(Slot("window", "units", None, None, "day"), 3)) == {0: 2}
