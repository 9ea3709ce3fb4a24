"""A pilot is extended, changed, cancelled, or runs out; its rules and its people follow."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit import trail
from audit.models import Event
from keys import actions, criteria, tasks
from keys.limits.rules import LimitRule
from keys.models import Pilot
from keys.pilot_limits import Agreed
from orgs import actions as org_actions
from orgs import mailing
from orgs.models import Notice, Organization
from tests.cast import ACTOR
from tests.factories import ContactFactory, OrganizationFactory, PlanVersionFactory, StaffFactory

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AGREED = Agreed(2_000, {"v2": 60}, 4)
WHY = {"reason": "two more reviews are planned"}


@pytest.fixture
def pilot(db: None) -> Pilot:
    """A pilot that starts now, for 30 days, with limits of its own, a contact and an account manager."""
    organization = OrganizationFactory(
        status="pilot",
        plan_version=PlanVersionFactory(plan__code="pilot"),
        account_manager=StaffFactory(name="Mina", email="mina@axis.example"),
    )
    ContactFactory(organization=organization, email="ops@studio.example")
    return actions.start_pilot(organization=organization, actor=ACTOR, agreed=AGREED)


def caps(pilot: Pilot) -> list[LimitRule]:
    rows = LimitRule.objects.filter(organization=pilot.organization, window="term").order_by("id")
    return [row for row in rows if not row.effective.isempty]


def at(moment: datetime) -> Any:
    return time_machine.travel(moment, tick=False)


def fresh(pilot: Pilot) -> Pilot:
    return Pilot.objects.select_related("organization").get(pk=pilot.pk)


def test_extending_moves_the_end_of_its_rules_and_the_cap_counts_on(pilot: Pilot) -> None:
    later = pilot.ends_at + 10 * DAY
    (cap,) = caps(pilot)
    with at(pilot.starts_at + 20 * DAY):
        extended = actions.extend_pilot(pilot=pilot, actor=ACTOR, ends_at=later, **WHY)
    assert (extended.state, extended.ends_at) == ("extended", later)
    (moved,) = caps(pilot)
    assert (moved.pk, moved.effective.lower, moved.effective.upper) == (cap.pk, pilot.starts_at, later)
    event = Event.objects.get(verb="pilot.extended")
    assert event.reason == WHY["reason"]
    assert Event.objects.filter(verb="limit.moved", parent=event.pk).count() == 3


def test_one_that_ran_out_can_be_extended_for_14_days_and_its_cap_counts_on(pilot: Pilot) -> None:
    ended = pilot.ends_at
    with at(ended + HOUR):
        tasks.record_pilot_ends()
    assert fresh(pilot).state == "expired"
    with at(ended + 14 * DAY - HOUR):
        actions.extend_pilot(pilot=pilot, actor=ACTOR, ends_at=timezone.now() + 5 * DAY, **WHY)
        first, second = caps(pilot)
    assert first.effective.upper == ended
    assert (second.effective.lower, second.counts_since) == (ended + 14 * DAY - HOUR, pilot.starts_at)
    assert (fresh(pilot).state, fresh(pilot).settled_at) == ("extended", None)


@pytest.mark.parametrize("how", ["14 days after", "cancelled", "earlier", "without a reason", "suspended"])
def test_what_cannot_be_extended_stays(how: str, pilot: Pilot) -> None:
    ends, moment, why = pilot.ends_at + 30 * DAY, pilot.starts_at + DAY, dict(WHY)
    if how == "14 days after":
        moment = pilot.ends_at + 14 * DAY
    elif how == "cancelled":
        actions.cancel_pilot(pilot=pilot, actor=ACTOR, **WHY)
    elif how == "earlier":
        ends = pilot.ends_at
    elif how == "suspended":
        org_actions.suspend_organization(organization=pilot.organization, actor=ACTOR, **WHY)
    else:
        why = {"reason": ""}
    before = fresh(pilot)
    with at(moment), pytest.raises((ValidationError, trail.ReasonRequired)):
        actions.extend_pilot(pilot=pilot, actor=ACTOR, ends_at=ends, **why)
    assert (fresh(pilot).ends_at, fresh(pilot).state) == (before.ends_at, before.state)


def test_beyond_90_days_in_all_an_administrator_has_to_agree(pilot: Pilot) -> None:
    far = pilot.starts_at + 91 * DAY
    with pytest.raises(ValidationError, match="Longer than 90 days"):
        actions.extend_pilot(pilot=pilot, actor=ACTOR, ends_at=far, **WHY)
    assert actions.extend_pilot(pilot=pilot, actor=ACTOR, ends_at=far, beyond_policy=True, **WHY).ends_at == far


def test_another_cap_counts_on_from_the_beginning(pilot: Pilot) -> None:
    halfway = pilot.starts_at + 15 * DAY
    with at(halfway):
        actions.change_pilot(
            pilot=pilot, actor=ACTOR, agreed=Agreed(3_000, {"v2": 60}, None), lines=[], production_plan=None
        )
        before, now = caps(pilot)
        jobs = LimitRule.objects.get(name="pilot-running-jobs")
    assert (before.limit, before.effective.upper) == (2_000, halfway)
    assert (now.limit, now.effective.lower, now.counts_since) == (3_000, halfway, pilot.starts_at)
    assert now.effective.upper == pilot.ends_at
    assert jobs.effective.upper == halfway
    assert LimitRule.objects.filter(name="pilot-v2-minute").count() == 1


def test_nothing_is_recorded_where_nothing_changes(pilot: Pilot) -> None:
    events = Event.objects.count()
    actions.change_pilot(pilot=pilot, actor=ACTOR, agreed=AGREED, lines=[], production_plan=None)
    assert Event.objects.count() == events


def test_lines_that_stay_keep_their_tick(pilot: Pilot) -> None:
    lines = criteria.read("The client is happy\n2,000 generations")
    for wanted in (lines, [*lines[::-1], *criteria.read("p95 under 9 s")]):
        actions.change_pilot(pilot=pilot, actor=ACTOR, agreed=AGREED, lines=wanted, production_plan=None)
        words = pilot.criteria.get(kind="words")
        if words.ticked_at is None:
            actions.tick_criterion(pilot=pilot, actor=ACTOR, position=words.position, met=True)
    words = pilot.criteria.get(kind="words")
    assert (words.position, words.ticked_by) == (2, ACTOR.label)
    assert Event.objects.filter(verb="pilot.criterion_ticked").count() == 1


def test_what_is_measured_is_ticked_by_nobody(pilot: Pilot) -> None:
    lines = criteria.read("2,000 generations")
    actions.change_pilot(pilot=pilot, actor=ACTOR, agreed=AGREED, lines=lines, production_plan=None)
    with pytest.raises(ValidationError):
        actions.tick_criterion(pilot=pilot, actor=ACTOR, position=1, met=True)


def test_cancelling_ends_its_rules_at_that_instant(pilot: Pilot) -> None:
    moment = pilot.starts_at + 3 * DAY
    with at(moment):
        actions.cancel_pilot(pilot=pilot, actor=ACTOR, **WHY)
    cancelled = fresh(pilot)
    assert (cancelled.state, cancelled.settled_at, cancelled.ends_at) == ("cancelled", moment, moment)
    own = LimitRule.objects.filter(organization=pilot.organization)
    assert {rule.effective.upper for rule in own} == {moment}
    assert "ended before its time" in Notice.objects.latest("pk").body.replace("\n", " ")


def test_cancelling_before_it_begins_withdraws_its_rules(pilot: Pilot) -> None:
    actions.cancel_pilot(pilot=pilot, actor=ACTOR, **WHY)
    begins = timezone.now() + 5 * DAY
    again = actions.start_pilot(organization=pilot.organization, actor=ACTOR, starts_at=begins, agreed=Agreed(10))
    assert [rule.limit for rule in caps(again) if rule.effective.lower == begins] == [10]
    actions.cancel_pilot(pilot=again, actor=ACTOR, **WHY)
    assert all(rule.effective.lower < begins for rule in caps(again))


def test_what_somebody_else_set_meanwhile_stays_theirs(pilot: Pilot) -> None:
    from keys.limits.limit_changes import Change
    from keys.pilot_limits import rate_slot

    change = Change(rate_slot("v2"), limit=90, burst=9, name="theirs")
    actions.set_limits(organization=pilot.organization, changes=[change], actor=ACTOR, reason="a rush")
    actions.cancel_pilot(pilot=pilot, actor=ACTOR, **WHY)
    theirs = LimitRule.objects.get(name="theirs")
    assert theirs.effective.upper is None


def test_that_it_ran_out_is_recorded_once_with_the_time_at_which_it_did(pilot: Pilot) -> None:
    for hours in (1, 2):
        with at(pilot.ends_at + hours * HOUR):
            tasks.record_pilot_ends()
    event = Event.objects.get(verb="pilot.expired")
    assert event.actor_id == trail.SYSTEM.id
    assert event.detail["ended"] == f"{pilot.ends_at:%-d %b %Y, %H:%M} UTC"
    assert fresh(pilot).settled_at == pilot.ends_at
    assert Notice.objects.filter(about__contains="/ended/").count() == 2


def test_of_its_end_people_are_told_once_and_not_of_each_limit_besides(pilot: Pilot) -> None:
    Notice.objects.all().delete()
    with at(pilot.ends_at + HOUR):
        tasks.record_limit_changes()
        tasks.record_pilot_ends()
        tasks.record_limit_changes()
    assert Event.objects.filter(verb="limit.ended").count() == 3
    assert set(Notice.objects.values_list("kind", flat=True)) == {"pilot_ending"}


def test_people_are_warned_once_at_each_mark(pilot: Pilot) -> None:
    for hours in range(0, 31 * 24, 6):
        with at(pilot.starts_at + hours * HOUR):
            tasks.warn_of_pilot_ends()
    warned = Event.objects.filter(verb="pilot.end_warned").order_by("occurred_at")
    assert [event.detail["days"] for event in warned] == [14, 7, 1]
    told = Notice.objects.filter(kind="pilot_ending")
    assert {notice.email for notice in told} == {"ops@studio.example", "mina@axis.example"}
    assert told.count() == 6


def test_after_an_extension_they_are_warned_again(pilot: Pilot) -> None:
    with at(pilot.ends_at - 12 * HOUR):
        tasks.warn_of_pilot_ends()
        actions.extend_pilot(pilot=pilot, actor=ACTOR, ends_at=pilot.ends_at + 6 * DAY, **WHY)
        tasks.warn_of_pilot_ends()
    assert {event.detail["days"] for event in Event.objects.filter(verb="pilot.end_warned")} == {1, 7}


def test_of_the_cap_they_are_told_once_for_each_cap(pilot: Pilot) -> None:
    def told(used: int) -> bool:
        return actions.warn_of_cap(pilot=pilot, actor=trail.SYSTEM, used=used)

    assert [told(1_599), told(1_600), told(1_900)] == [False, True, False]
    actions.change_pilot(pilot=pilot, actor=ACTOR, agreed=Agreed(4_000), lines=[], production_plan=None)
    assert [told(1_900), told(3_200)] == [False, True]
    assert Event.objects.filter(verb="pilot.cap_warned").count() == 2


def test_nobody_is_warned_for_a_suspended_organization(pilot: Pilot) -> None:
    org_actions.suspend_organization(organization=pilot.organization, actor=ACTOR, **WHY)
    with at(pilot.ends_at - HOUR):
        tasks.warn_of_pilot_ends()
        assert not actions.warn_of_cap(pilot=pilot, actor=trail.SYSTEM, used=2_000)
    assert not Notice.objects.filter(kind="pilot_ending").exists()


def test_the_account_manager_gets_the_mail_and_muting_keeps_contacts_alone_from_it(pilot: Pilot) -> None:
    org_actions.change_notices(organization=pilot.organization, actor=ACTOR, muted=["pilot_ending", "pilot_changed"])
    Notice.objects.all().delete()
    with at(pilot.ends_at - HOUR):
        tasks.warn_of_pilot_ends()
        assert mailing.send_waiting() == 1
    notice = Notice.objects.get()
    assert (notice.email, notice.state) == ("mina@axis.example", "sent")
    assert "is the account manager of" in notice.body.replace("\n", " ")


def test_a_manager_who_left_the_organization_is_not_mailed(pilot: Pilot) -> None:
    with at(pilot.ends_at - HOUR):
        tasks.warn_of_pilot_ends()
        org_actions.edit_organization(organization=pilot.organization, actor=ACTOR, values={"account_manager": None})
        mailing.send_waiting()
    assert Notice.objects.get(email="mina@axis.example").state == "dropped"


def test_a_closed_organization_s_pilot_ends_in_silence(pilot: Pilot) -> None:
    organization = Organization.objects.get(pk=pilot.organization_id)
    org_actions.close_organization(organization=organization, actor=ACTOR, **WHY)
    before = Notice.objects.count()
    with at(pilot.ends_at + HOUR):
        tasks.record_pilot_ends()
    assert (fresh(pilot).state, Notice.objects.count()) == ("expired", before)
