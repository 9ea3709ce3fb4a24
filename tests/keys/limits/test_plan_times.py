"""A plan version's limits count in the past only since the organization has it."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from keys import actions
from keys.limits import holding, plan_times
from keys.limits.limit_changes import Change
from keys.limits.slots import Slot
from orgs import actions as organizations
from orgs import plans
from orgs.models import Organization
from tests.factories import OrganizationFactory, PlanVersionFactory
from tests.keys.limits.setting import DAY, NOON, V1, V2, WHY, put, rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(at_noon: time_machine.Traveller) -> Organization:
    """A customer of the standard plan for a year, when its first version had long been published."""
    return OrganizationFactory(created_at=NOON - 365 * DAY)


def publish(limit: int, *, move: bool = True) -> None:
    first = Change(V1, limit=300, burst=60)
    plan = plans.latest("standard").plan
    actions.publish_plan_version(plan=plan, terms={}, limits=[first, rate(limit)], move=move, **WHY)


def steps(organization: Organization, slot: Slot = V2) -> list[tuple[int, int | None, int]]:
    """Since when in days from noon, until when, and the number."""
    organization.refresh_from_db()
    listed = holding.rules(organization, since=organization.created_at)
    found = holding.over_time(listed, (slot, None))
    return [((one.since - NOON).days, one.until and (one.until - NOON).days, one.rule.limit) for one in found]


def test_a_version_to_which_it_moved_counts_since_then(old, at_noon):
    at_noon.move_to(NOON + 2 * DAY)
    publish(240)
    at_noon.move_to(NOON + 5 * DAY)
    publish(90)
    assert steps(old) == [(-365, 2, 120), (2, 5, 240), (5, None, 90)]


def test_a_version_that_was_published_without_moving_it_counts_once_it_is_on_it(old, at_noon):
    at_noon.move_to(NOON + 2 * DAY)
    publish(240, move=False)
    assert steps(old) == [(-365, None, 120)]
    at_noon.move_to(NOON + 4 * DAY)
    organizations.change_plan(organization=old, plan_version=plans.latest("standard"), **WHY)
    assert steps(old) == [(-365, 4, 120), (4, None, 240)]


def test_who_comes_after_a_version_has_always_had_it(at_noon):
    publish(240)
    at_noon.move_to(NOON + 2 * DAY)
    assert steps(OrganizationFactory(created_at=NOON + DAY, plan_version=plans.latest("standard"))) == [(1, None, 240)]


def test_without_a_word_in_the_trail_a_version_counts_since_it_was_published(old, at_noon):
    at_noon.move_to(NOON + 2 * DAY)
    publish(240, move=False)
    moved = OrganizationFactory(created_at=NOON - 365 * DAY, plan_version=plans.latest("standard"))
    assert steps(moved) == [(-365, 2, 120), (2, None, 240)]


def test_another_plan_counts_since_the_change_and_what_it_has_no_limit_for_ends(old, at_noon):
    other = PlanVersionFactory(plan__code="rental", plan__name="Rental", rates={"v2-minute": 700})
    at_noon.move_to(NOON + 2 * DAY)
    organizations.change_plan(organization=old, plan_version=other, **WHY)
    assert steps(old) == [(-365, 2, 120), (2, None, 700)]
    assert steps(old, V1) == [(-365, 2, 300)]


def test_what_it_set_itself_lies_over_both(old, at_noon):
    at_noon.move_to(NOON + DAY)
    put(old, rate(900), ends_at=NOON + 3 * DAY)
    at_noon.move_to(NOON + 2 * DAY)
    publish(240)
    assert steps(old) == [(-365, 1, 120), (1, 3, 900), (3, None, 240)]


def test_the_page_tells_the_step_and_not_the_new_number_for_the_past(old, at_noon, key_admin, browser_of):
    at_noon.move_to(NOON + 2 * DAY)
    publish(90)
    at_noon.move_to(NOON + 3 * DAY)
    publish(90 * 10)
    at_noon.move_to(NOON + 3 * DAY + timedelta(hours=1))
    address = reverse("keys:org_limits", args=[old.uid])
    context = browser_of(key_admin).get(f"{address}?over=rate-requests-v2-60").context
    told = [(step.before, step.after, step.who) for step in context["steps"]]
    assert told == [
        ("90", "900", "Standard, version 3"),
        ("120", "90", "Standard, version 2"),
        ("none", "120", "Standard, version 1"),
    ]
    assert {point["limit"] for point in context["chart"]["points"]} == {120, 90, 900}
    # Nothing of v1 is another number, so that there is no step.
    same = browser_of(key_admin).get(f"{address}?over=rate-requests-v1-60").context["steps"]
    assert [(step.before, step.after) for step in same] == [("none", "300")]
    assert plan_times.of(old)[-1].since == old.created_at
