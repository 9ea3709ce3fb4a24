"""What if: the last seven days of an organization against other limits, out of what the database counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse
from django.utils import timezone

from keys.limits import durations, holding, replay
from keys.limits.slots import Slot
from keys.limits.terms import Terms
from keys.models import ApiKey, DecisionHour, DecisionMinute
from orgs.models import Organization
from tests import capacity, factories

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
V2 = Slot("rate", "requests", "v2", 60)
V1 = Slot("rate", "requests", "v1", 60)
JOBS = Slot("concurrency")
MONTH = Slot("window", "generations", None, None, "month")


@pytest.fixture
def organization(db: None) -> Organization:
    return factories.OrganizationFactory(created_at=NOW - timedelta(days=60), time_zone="Europe/Lisbon")


@pytest.fixture
def key(organization: Organization) -> ApiKey:
    return factories.KeyFactory(organization=organization)


def count(
    key: ApiKey,
    ago: timedelta,
    *,
    calls: int,
    code: str = "VALID",
    version: str = "v2",
    limit: str = "",
    now: datetime = NOW,
) -> None:
    """Calls of a minute, so long before now, in the minute's and the hour's counts."""
    minute = (now - ago).replace(second=0, microsecond=0)
    about = {"organization": key.organization, "key": key, "api_version": version, "code": code}
    DecisionMinute.objects.create(**about, minute=minute, calls=calls, units=2 * calls)
    hour = minute.replace(minute=0)
    row, is_new = DecisionHour.objects.get_or_create(
        **about, hour=hour, limit_name=limit, defaults={"calls": calls, "units": 2 * calls}
    )
    if not is_new:
        row.calls += calls
        row.units += 2 * calls
        row.save()


def week(organization: Organization, *, keys: tuple[int, ...] = ()) -> replay.Week:
    return replay.week(organization, at=NOW, keys=keys)


def effects(found: replay.Week, *proposed: Terms) -> dict[Any, tuple[int, int]]:
    told = found.what_if(proposed, changed=[terms.place for terms in proposed])
    return {effect.place[0]: (effect.before, effect.after) for effect in told.effects}


def test_a_week_is_ten_thousand_and_eighty_minutes(organization):
    assert week(organization).demand.minutes == 10_080


def test_a_young_organization_has_no_more_than_it_has_lived(key):
    key.organization.created_at = NOW - timedelta(hours=5, minutes=10)
    # From the full hour on.
    assert week(key.organization).demand.minutes == 360


def test_what_a_limit_refused_is_told_by_its_name(organization, key):
    count(key, timedelta(hours=3), calls=130)
    count(key, timedelta(hours=3), calls=70, code="RATE_LIMITED", limit="v2-minute")
    count(key, timedelta(hours=5), calls=310, version="v1")
    count(key, timedelta(hours=5), calls=9, code="RATE_LIMITED", limit="v1-minute", version="v1")
    found = week(organization)
    same = [holding.terms_of(rule) for rule in holding.now(found.rules, at=timezone.now())]
    assert effects(found, *same) == {V2: (70, 70), V1: (9, 9)}
    assert effects(found, Terms(V2, 1200, 100)) == {V2: (70, 0)}


def test_a_lower_limit_refuses_what_was_admitted(organization, key):
    count(key, timedelta(hours=3), calls=60)
    assert effects(week(organization), Terms(V2, 30, 1)) == {V2: (0, 30)}


def test_a_limit_that_is_not_changed_refuses_what_it_did_and_what_the_others_let_through(organization, key):
    day = Slot("window", "requests", None, None, "day")
    count(key, timedelta(hours=3), calls=60)
    count(key, timedelta(hours=3), calls=40, code="RATE_LIMITED", limit="v2-minute")
    present = [Terms(V2, 50, 10), Terms(day, 70)]
    found = week(organization)
    same = found.what_if(present, present=present)
    assert {effect.place[0]: (effect.before, effect.after) for effect in same.effects} == {V2: (40, 40), day: (0, 0)}
    told = found.what_if([Terms(V2, 500, 500), Terms(day, 70)], changed=[(V2, None)], present=present)
    assert {effect.place[0]: (effect.before, effect.after) for effect in told.effects} == {V2: (40, 0), day: (0, 30)}


def test_a_warning_limit_refuses_nothing_and_tells_what_would_have_been_above(organization, key):
    count(key, timedelta(hours=3), calls=60)
    told = week(organization).what_if([Terms(V2, 30, 1, mode="warn")], changed=[(V2, None)])
    assert [(effect.after, effect.over) for effect in told.effects] == [(0, 30)]


def test_what_was_refused_for_another_reason_is_not_replayed(organization, key):
    count(key, timedelta(hours=3), calls=500, code="PAUSED")
    assert effects(week(organization), Terms(V2, 1, 1)) == {V2: (0, 0)}


def test_what_one_limit_refuses_the_next_one_does_not_meet(organization, key):
    count(key, timedelta(hours=3), calls=60)
    wide = Slot("rate", "requests", None, 3600)
    assert effects(week(organization), Terms(V2, 30, 1), Terms(wide, 20, 20)) == {V2: (0, 30), wide: (0, 10)}


def test_a_months_quota_begins_with_the_month_on_the_organizations_clocks(organization, key):
    # The month began on the 1st; the week on the 15th.
    hour = datetime(2026, 11, 3, 10, tzinfo=UTC)
    factories.DecisionHourFactory(key=key, organization=organization, hour=hour, calls=900)
    factories.DecisionHourFactory(key=key, organization=organization, hour=hour - timedelta(days=10), calls=5_000)
    count(key, timedelta(days=2), calls=200)
    assert effects(week(organization), Terms(MONTH, 1_000)) == {MONTH: (0, 100)}
    assert week(organization).peak(Terms(MONTH, 1_000)) == 1_100


def test_a_days_quota_begins_anew_each_midnight_there(organization, key):
    day = Slot("window", "requests", None, None, "day")
    count(key, timedelta(hours=13, minutes=59), calls=80)
    count(key, timedelta(hours=14, minutes=1), calls=80)
    assert effects(week(organization), Terms(day, 100)) == {day: (0, 0)}


def test_running_jobs_are_told_by_how_long_they_take(organization, key, monkeypatch):
    monkeypatch.setattr(durations, "_registered", [lambda organization: {"v2": 30.0}])
    count(key, timedelta(hours=3), calls=60)
    assert week(organization).peak(Terms(JOBS, 100)) == 30
    assert effects(week(organization), Terms(JOBS, 20)) == {JOBS: (0, 20)}


def test_a_keys_own_limit_meets_its_calls_alone(organization, key):
    other = factories.KeyFactory(organization=organization)
    count(key, timedelta(hours=3), calls=60)
    count(other, timedelta(hours=3), calls=60)
    told = week(organization, keys=(key.pk,)).what_if([Terms(V2, 30, 1, key=key.pk)])
    assert [effect.after for effect in told.effects] == [30]


def test_the_peak_is_of_what_was_admitted(organization, key):
    count(key, timedelta(hours=3), calls=60)
    count(key, timedelta(hours=3), calls=40, code="RATE_LIMITED", limit="v2-minute")
    count(key, timedelta(days=9), calls=600)
    assert week(organization).peak(Terms(V2, 100, 10)) == 60


def test_the_page_tells_it(organization, key, key_admin, browser_of):
    now = timezone.now()
    span = DateTimeTZRange(now - timedelta(days=2), now - timedelta(days=1), "[)")
    factories.RuleFactory(organization=organization, limit=450, effective=span, ticket="SUP-9")
    count(key, timedelta(hours=3), calls=130, now=now)
    count(key, timedelta(hours=3), calls=70, code="RATE_LIMITED", limit="v2-minute", now=now)
    answer = browser_of(key_admin).get(reverse("keys:org_limits", args=[organization.uid]))
    assert answer.context["told"].what_if.before == 70
    assert answer.context["drawn"].slot == V2
    assert "120 → 450, SUP-9" in answer.content.decode()
    assert [(step.before, step.after) for step in answer.context["steps"]] == [
        ("450", "120"),
        ("120", "450"),
        ("none", "120"),
    ]
    assert max(point["refused"] for point in answer.context["chart"]["points"]) == 70


def test_review_tells_it_with_what_is_easily_taken_for_something_else(organization, key, key_admin, browser_of):
    capacity.a_pool()
    factories.RuleFactory(key=key, organization=None, name="of-the-key", limit=900, burst=10)
    now = timezone.now()
    count(key, timedelta(hours=3), calls=130, now=now)
    count(key, timedelta(hours=3), calls=212, code="RATE_LIMITED", limit="v2-minute", now=now)
    page, browser = reverse("keys:org_limits", args=[organization.uid]), browser_of(key_admin)
    form = browser.get(page).context["form"]
    sent = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    sent |= {"limit-rate-requests-v2-60": "500", "burst-rate-requests-v2-60": "40", "act": "review"}
    html = browser.post(page, sent).content.decode()
    assert "Would have refused" in html
    assert "212 → 0" in html
    assert "At most 40 at one instant, and 540 in any one minute." in html
    assert "is set to 900 a minute (v2 requests), its organization to 500 a minute" in html
    assert "No capacity is reserved for it: all of 500 a minute of v2 requests depends on shared room." in html


def test_a_raise_beyond_what_is_reserved_is_not_capacity(organization, key_admin, browser_of):
    capacity.a_pool()
    page = reverse("keys:org_limits", args=[organization.uid])
    browser = browser_of(key_admin)
    form = browser.get(page).context["form"]
    sent = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    answer = browser.post(page, {**sent, "limit-rate-requests-v2-60": "500", "act": "review"})
    assert any(note.title == "A rate is not capacity" for note in answer.context["notes"])
