"""A pilot is planned, and starts with its organization."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Event
from keys import actions, criteria
from keys.limits.rules import LimitRule
from keys.models import Pilot
from keys.pilot_limits import Agreed
from orgs import actions as org_actions
from orgs.models import Change, Notice, Organization
from tests.cast import ACTOR
from tests.factories import ContactFactory, OrganizationFactory, PilotFactory, PlanVersionFactory, RuleFactory

DAY = timedelta(days=1)
AGREED = Agreed(2_000, {"v2": 60}, 4)
LINES = criteria.read("2,000 generations\np95 under 12 s\nThe client is happy")


def draft() -> Organization:
    return ContactFactory(
        organization__status="draft", organization__plan_version=PlanVersionFactory(plan__code="pilot")
    ).organization


def on_trial(**fields: Any) -> Organization:
    return OrganizationFactory(status="pilot", plan_version=PlanVersionFactory(plan__code="pilot"), **fields)


def rules(organization: Organization) -> dict[str, LimitRule]:
    """The rules that hold now or later."""
    return {rule.name: rule for rule in organization.limits.all() if not rule.effective.isempty}


def test_what_was_planned_starts_when_its_organization_is_activated(db: None) -> None:
    organization = draft()
    planned = actions.plan_pilot(
        organization=organization, actor=ACTOR, length=21 * DAY, agreed=AGREED, lines=LINES, reason="agreed by phone"
    )
    assert planned.state == Pilot.State.DRAFT
    assert not rules(organization)
    assert not Notice.objects.exists()
    org_actions.activate_organization(organization=organization, actor=ACTOR)
    pilot = Pilot.objects.get(organization=organization)
    assert (pilot.state, pilot.ends_at - pilot.starts_at) == ("active", 21 * DAY)
    assert [str(line) for line in pilot.criteria.all()] == [str(line) for line in LINES]
    assert {name: rule.limit for name, rule in rules(organization).items()} == {
        "pilot-cap": 2_000,
        "pilot-v2-minute": 60,
        "pilot-running-jobs": 4,
    }
    assert [notice.kind for notice in Notice.objects.all()] == ["pilot_changed"]


def test_its_rules_hold_for_exactly_its_range(db: None) -> None:
    begins = timezone.now() + 3 * DAY
    pilot = actions.start_pilot(organization=on_trial(), actor=ACTOR, starts_at=begins, agreed=AGREED)
    for rule in rules(pilot.organization).values():
        assert (rule.effective.lower, rule.effective.upper) == (begins, pilot.ends_at)
    cap = rules(pilot.organization)["pilot-cap"]
    assert (cap.kind, cap.dimension, cap.window, cap.api_version) == ("window", "generations", "term", None)


def test_a_pilot_without_anything_of_its_own_has_the_plan_s_limits(db: None) -> None:
    assert not rules(actions.start_pilot(organization=on_trial(), actor=ACTOR).organization)


def test_what_was_set_is_told_with_the_start_as_one_thing(db: None) -> None:
    pilot = actions.start_pilot(organization=on_trial(), actor=ACTOR, agreed=AGREED, reason="signed", ticket="SUP-9")
    started = Event.objects.get(verb="pilot.started")
    assert started.changes["generation_cap"] == [None, 2_000]
    assert started.changes["rates"] == [None, "v2 60 a minute"]
    steps = Event.objects.filter(verb="limit.set", parent=started.pk)
    assert {(step.target_label, step.reason, step.ticket) for step in steps} == {
        (name, "signed", "SUP-9") for name in ("pilot-cap", "pilot-v2-minute", "pilot-running-jobs")
    }
    assert Change.objects.filter(organization=pilot.organization, kind="pilot.changed").exists()


@pytest.mark.parametrize("status", ["draft", "active", "suspended", "closed"])
def test_only_an_organization_on_trial_starts_one(status: str, db: None) -> None:
    with pytest.raises(ValidationError, match="not on trial"):
        actions.start_pilot(organization=OrganizationFactory(status=status), actor=ACTOR)


def test_a_second_one_does_not_start_beside_the_first(db: None) -> None:
    with pytest.raises(ValidationError, match="has a pilot already"):
        actions.start_pilot(organization=PilotFactory().organization, actor=ACTOR)


def test_one_that_is_over_can_start_once_more(db: None) -> None:
    over = PilotFactory(state="cancelled")
    again = actions.start_pilot(organization=over.organization, actor=ACTOR, agreed=AGREED)
    assert (again.pk, again.state, again.settled_at) == (over.pk, "active", None)
    assert rules(over.organization)["pilot-cap"].effective.lower == again.starts_at


@pytest.mark.parametrize(
    ("agreed", "field"),
    [
        (Agreed(0), "generation_cap"),
        (Agreed(rates={"v9": 5}), "rates"),
        (Agreed(rates={"v2": 0}), "rate_v2"),
        (Agreed(running_jobs=0), "running_jobs"),
    ],
)
def test_what_cannot_be_agreed_on_is_refused_at_its_field(agreed: Agreed, field: str, db: None) -> None:
    organization = on_trial()
    with pytest.raises(ValidationError) as refused:
        actions.start_pilot(organization=organization, actor=ACTOR, agreed=agreed)
    assert list(refused.value.error_dict) == [field]
    assert not Pilot.objects.exists()


def test_beyond_the_policy_somebody_who_may_has_to_say_so(db: None) -> None:
    version = PlanVersionFactory(plan__code="pilot", approval_threshold=100)
    organization = OrganizationFactory(status="pilot", plan_version=version)
    fast = Agreed(rates={"v2": 101})
    with pytest.raises(ValidationError, match="an administrator has to agree"):
        actions.start_pilot(organization=organization, actor=ACTOR, agreed=fast)
    with pytest.raises(ValidationError, match="Longer than 90 days"):
        actions.start_pilot(organization=organization, actor=ACTOR, length=91 * DAY)
    pilot = actions.start_pilot(
        organization=organization, actor=ACTOR, agreed=fast, length=91 * DAY, beyond_policy=True
    )
    # What was agreed on by somebody who may stays when something else is changed.
    actions.change_pilot(pilot=pilot, actor=ACTOR, agreed=Agreed(50, {"v2": 101}), lines=[], production_plan=None)
    assert rules(organization)["pilot-cap"].limit == 50


def test_many_more_running_jobs_than_the_plan_s_somebody_who_may_agrees_on(db: None) -> None:
    version = PlanVersionFactory(plan__code="pilot", approval_threshold=100)
    RuleFactory(
        plan_version=version, name="jobs", kind="concurrency", api_version=None, period_s=None, burst=None, limit=5
    )
    organization = OrganizationFactory(status="pilot", plan_version=version)
    many = Agreed(running_jobs=100_000)
    with pytest.raises(ValidationError, match="an administrator has to agree") as refused:
        actions.start_pilot(organization=organization, actor=ACTOR, agreed=many)
    assert list(refused.value.error_dict) == ["running_jobs"]
    pilot = actions.start_pilot(organization=organization, actor=ACTOR, agreed=many, beyond_policy=True)
    # Fewer than before, and still more than the plan's, is no raise.
    actions.change_pilot(pilot=pilot, actor=ACTOR, agreed=Agreed(running_jobs=50_000), lines=[], production_plan=None)
    assert rules(organization)["pilot-running-jobs"].limit == 50_000
