"""Limits are set by people: from now or later, for good or for a time."""

import pytest
from django.core.exceptions import ValidationError

from audit import trail
from keys import actions
from keys.limits import seen
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from keys.models import ApiKey
from orgs.models import Change as Announced
from orgs.models import Notice, Organization
from tests.factories import ContactFactory, KeyFactory, OrganizationFactory
from tests.keys.limits.setting import DAY, HOUR, JOBS, MONTH, NOON, V2, WHY, events, held, put, rate

pytestmark = pytest.mark.usefixtures("at_noon")


def test_a_limit_set_now_holds_from_now_on(studio: Organization) -> None:
    [rule] = put(studio, rate(900))
    assert (held(studio, NOON), held(studio, NOON + 900 * DAY), held(studio, NOON - HOUR)) == (900, 900, None)
    assert not rule.is_temporary


def test_it_keeps_the_name_that_the_customer_knows(studio: Organization) -> None:
    LimitRule.objects.filter(name="v2-minute").get(plan_version=studio.plan_version)
    [rule] = put(studio, rate(900))
    assert rule.name == "v2-minute"
    [of_jobs, of_month] = put(studio, Change(JOBS, limit=4), Change(MONTH, limit=100))
    assert (of_jobs.name, of_month.name) == ("running-jobs", "generations-month")
    [named] = put(studio, rate(950, name="campaign"))
    [again] = put(studio, rate(960))
    assert (named.name, again.name) == ("campaign", "campaign")


def test_a_temporary_raise_gives_way_to_what_was_there(studio: Organization) -> None:
    put(studio, rate(600))
    [rule] = put(studio, rate(900), ends_at=NOON + DAY)
    assert rule.is_temporary
    assert [held(studio, NOON + n * HOUR) for n in (0, 23, 24, 25)] == [900, 900, 600, 600]


def test_a_temporary_raise_of_the_plan_s_limit_gives_way_to_the_plan(studio: Organization) -> None:
    put(studio, rate(900), ends_at=NOON + DAY)
    assert [held(studio, NOON + n * HOUR) for n in (23, 24)] == [900, None]


def test_a_scheduled_limit_waits_for_its_time(studio: Organization) -> None:
    put(studio, rate(600))
    put(studio, rate(900), starts_at=NOON + DAY)
    assert [held(studio, NOON + n * HOUR) for n in (0, 23, 24, 99)] == [600, 600, 900, 900]


def test_a_scheduled_raise_with_an_end_is_in_between(studio: Organization) -> None:
    put(studio, rate(600))
    put(studio, rate(900), starts_at=NOON + DAY, ends_at=NOON + 2 * DAY)
    assert [held(studio, NOON + n * HOUR) for n in (0, 24, 47, 48)] == [600, 900, 900, 600]


def test_what_is_set_for_good_replaces_what_was_set_for_later(studio: Organization) -> None:
    put(studio, rate(600))
    [later] = put(studio, rate(900), starts_at=NOON + DAY)
    put(studio, rate(700))
    assert [held(studio, NOON + n * DAY) for n in (0, 1, 99)] == [700, 700, 700]
    [told] = events("limit.set")[-1:]
    assert told.detail["withdrawn"] == "900 a minute, burst 20"
    assert later.uid in told.names


def test_going_back_to_the_plan_leaves_nothing_of_the_organization_s_own(studio: Organization) -> None:
    put(studio, rate(600))
    put(studio, rate(900), ends_at=NOON + DAY)
    [taken] = put(studio, Change(V2, remove=True))
    assert [held(studio, NOON + n * DAY) for n in (0, 1, 99)] == [None, None, None]
    [told] = events("limit.removed")
    assert told.sentence == "Dana Test took back the limit v2-minute of Halide, then 120 a minute, burst 20"
    assert (told.changes["limit"], taken.name) == ([900, 120], "v2-minute")


def test_what_nobody_set_cannot_be_taken_back(studio: Organization) -> None:
    assert put(studio, Change(V2, remove=True)) == []
    assert events() == []


def test_saving_what_is_so_already_changes_nothing(studio: Organization) -> None:
    put(studio, rate(600))
    before = Organization.objects.get(pk=studio.pk).version
    assert put(studio, rate(600)) == []
    assert len(events()) == 1
    assert Organization.objects.get(pk=studio.pk).version == before


def test_the_same_number_for_good_outlasts_a_raise_of_that_number(studio: Organization) -> None:
    put(studio, rate(600))
    put(studio, rate(900), ends_at=NOON + DAY)
    assert len(put(studio, rate(900))) == 1
    assert held(studio, NOON + 2 * DAY) == 900


def test_the_trail_says_what_it_was_and_what_it_is(studio: Organization) -> None:
    put(studio, rate(900), ends_at=NOON + DAY)
    [told] = events()
    assert told.sentence == (
        "Dana Test set the limit v2-minute of Halide to 900 a minute, burst 20 until 23 Nov 2030, 12:00 UTC"
    )
    assert (told.reason, told.ticket, told.changes) == ("a campaign", "SUP-1", {"limit": [120, 900]})
    assert told.detail["effective_until"] == "2030-11-23T12:00:00Z"


def test_each_slot_has_its_event_and_the_organization_one_version(studio: Organization) -> None:
    before = studio.version
    put(studio, rate(900), Change(JOBS, limit=4, warn_at=(80,)))
    assert [event.changes.get("limit") for event in events()] == [[120, 900], [None, 4]]
    assert events()[1].changes["warn_at"] == [None, "80 %"]
    assert Organization.objects.get(pk=studio.pk).version == before + 1
    assert Announced.objects.filter(kind="limits.changed", organization=studio).count() == 1


def test_the_contacts_are_told_once_of_all_of_it(studio: Organization) -> None:
    ContactFactory(organization=studio, email="dev@halide.example")
    put(studio, rate(900), Change(JOBS, limit=4), ends_at=NOON + DAY)
    [notice] = Notice.objects.filter(kind="limit_changed")
    assert "v2 requests a minute; Running jobs" in notice.body
    assert "120 a minute, burst 20; no limit" in notice.body
    assert "900 a minute, burst 20; 4 jobs" in notice.body
    assert "23 Nov 2030, 12:00 UTC" in notice.body


def test_a_draft_s_contacts_are_not_told(db: None) -> None:
    draft = OrganizationFactory(status="draft")
    ContactFactory(organization=draft)
    assert put(draft, rate(900))
    assert not Notice.objects.exists()


def test_a_key_s_limit_hangs_on_the_key(studio: Organization) -> None:
    key = KeyFactory(organization=studio, name="prod")
    [rule] = put(key, rate(30))
    assert (rule.key, rule.organization, rule.name) == (key, None, "key-v2-minute")
    [told] = events()
    assert {key.uid, studio.uid, rule.uid} <= set(told.names)
    assert told.changes["limit"] == [None, 30]


@pytest.mark.parametrize(
    "change",
    [
        rate(0),
        rate(10, burst=None),
        rate(10, burst=1_001),
        rate(10, overage_allowance=5),
        rate(10, mode="maybe"),
        rate(10, name="x" * 41),
        rate(10, name="a\u202eb"),
        Change(JOBS, limit=-1),
        Change(JOBS, limit=4, burst=4),
        Change(MONTH, limit=10**12 + 1),
        Change(MONTH, limit=10, warn_at=(70,)),
    ],
)
def test_a_number_that_cannot_be_is_refused(studio: Organization, change: Change) -> None:
    with pytest.raises(ValidationError):
        put(studio, change)
    assert not studio.limits.exists()


def test_two_changes_of_one_limit_are_refused(studio: Organization) -> None:
    with pytest.raises(ValidationError, match="about the same limit"):
        put(studio, rate(1), rate(2))


def test_the_past_cannot_be_changed(studio: Organization) -> None:
    with pytest.raises(ValidationError, match="has passed"):
        put(studio, rate(900), starts_at=NOON - HOUR)
    with pytest.raises(ValidationError, match="end after it begins"):
        put(studio, rate(900), ends_at=NOON)
    with pytest.raises(ValidationError, match="end after it begins"):
        put(studio, rate(900), starts_at=NOON + DAY, ends_at=NOON + HOUR)


def test_a_limit_is_not_taken_back_for_a_time(studio: Organization) -> None:
    with pytest.raises(ValidationError, match="for good"):
        put(studio, Change(V2, remove=True), ends_at=NOON + DAY)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(studio: Organization) -> None:
    looked = seen.of(studio, at=NOON)
    put(studio, rate(900), seen=looked)
    with pytest.raises(ValidationError, match="changed meanwhile") as refused:
        put(studio, rate(950), seen=looked)
    assert refused.value.code == "stale"
    assert held(studio, NOON) == 900


def test_other_changes_of_the_organization_do_not_disturb_who_sets_limits(studio: Organization) -> None:
    from orgs import actions as organizations

    looked = seen.of(studio, at=NOON)
    organizations.edit_organization(organization=studio, values={"notes": "met them"}, actor=WHY["actor"])
    assert put(studio, rate(900), seen=looked)


def test_a_change_of_the_plan_does(studio: Organization) -> None:
    from orgs import actions as organizations
    from orgs import plans

    looked = seen.of(studio, at=NOON)
    why = {"actor": WHY["actor"], "reason": "grown"}
    organizations.change_plan(organization=studio, plan_version=plans.latest("enterprise"), **why)
    with pytest.raises(ValidationError, match="changed meanwhile"):
        put(studio, rate(900), seen=looked)


def test_closed_organizations_and_revoked_keys_stay_as_they_are(studio: Organization) -> None:
    with pytest.raises(ValidationError, match="is closed"):
        put(OrganizationFactory(status="closed"), rate(900))
    with pytest.raises(ValidationError, match="is revoked"):
        put(KeyFactory(organization=studio, state=ApiKey.State.REVOKED), rate(900))


def test_a_reason_is_asked_for(studio: Organization) -> None:
    with pytest.raises(trail.ReasonRequired):
        actions.set_limits(organization=studio, changes=[rate(900)], actor=WHY["actor"], reason=" ")
    assert not studio.limits.exists()
