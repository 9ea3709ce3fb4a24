"""A plan's published version never changes: another one is published, and organizations stay or move."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from audit.models import Event
from keys import actions
from keys.limits import plan_moves
from keys.limits.limit_changes import Change
from keys.limits.rules import LimitRule
from orgs import plans
from orgs.models import Change as Announced
from orgs.models import Notice, Organization, Plan, PlanVersion
from tests.cast import ACTOR
from tests.factories import ContactFactory, OrganizationFactory, PlanVersionFactory, RuleFactory
from tests.keys.limits.setting import JOBS, NOON, TERM, V1, V2, WHY, put, rate

pytestmark = pytest.mark.usefixtures("at_noon")
V1_RATE = Change(V1, limit=300, burst=60)


@pytest.fixture
def standard(db: None) -> Plan:
    return plans.latest("standard").plan


def publish(plan: Plan, *limits: Change, **fields: Any) -> PlanVersion:
    terms = fields.pop("terms", {})
    return actions.publish_plan_version(plan=plan, terms=terms, limits=limits, **{**WHY, **fields})


def test_a_version_has_its_own_limits_and_keeps_the_terms_that_were_not_named(standard: Plan) -> None:
    first = plans.latest("standard")
    version = publish(standard, V1_RATE, rate(240), terms={"approval_threshold": 900})
    assert (version.number, version.approval_threshold, version.longest_key_days) == (2, 900, first.longest_key_days)
    assert [(rule.name, rule.limit) for rule in version.limits.all()] == [("v1-minute", 300), ("v2-minute", 240)]
    assert [rule.limit for rule in first.limits.order_by("name")] == [300, 120]


def test_a_version_may_have_neither_a_threshold_nor_a_longest_life(standard: Plan) -> None:
    none = {"approval_threshold": None, "longest_key_days": None}
    version = publish(standard, V1_RATE, rate(120), terms=none)
    assert (version.approval_threshold, version.longest_key_days) == (None, None)


def test_the_trail_says_what_differs(standard: Plan) -> None:
    publish(standard, V1_RATE, rate(240, warn_at=(80,)), terms={"approval_threshold": 900})
    event = Event.objects.get(verb="plan.published")
    assert event.sentence == "Dana Test published Standard, version 2"
    assert event.changes == {
        "approval_threshold": [600, 900],
        "limits": [
            ["v1 requests: 300 a minute, burst 60", "v2 requests: 120 a minute, burst 20"],
            ["v1 requests: 300 a minute, burst 60", "v2 requests: 240 a minute, burst 20, warns at 80 %"],
        ],
    }


def test_organizations_stay_where_they_are_unless_they_are_moved(standard: Plan, studio: Organization) -> None:
    publish(standard, V1_RATE, rate(240))
    assert Organization.objects.get(pk=studio.pk).plan_version == studio.plan_version
    assert not Announced.objects.exists()
    assert plans.latest("standard").number == 2


def test_who_moves_is_on_the_new_version_and_everybody_is_told(standard: Plan, studio: Organization) -> None:
    ContactFactory(organization=studio)
    closed, draft = OrganizationFactory(status="closed"), OrganizationFactory(status="draft")
    ContactFactory(organization=draft)
    version = publish(standard, V1_RATE, rate(240), move=True)
    on = dict(Organization.objects.values_list("pk", "plan_version__number"))
    assert (on[studio.pk], on[draft.pk], on[closed.pk]) == (2, 2, 1)
    assert set(Announced.objects.values_list("kind", "organization")) == {
        ("plan.changed", studio.pk),
        ("plan.changed", draft.pk),
    }
    [notice] = Notice.objects.all()
    assert "v2 requests a minute" in notice.body
    assert "240 a minute, burst 20" in notice.body
    told = Event.objects.get(verb="organization.plan_changed", target_id=studio.uid)
    assert told.changes == {"plan_version": ["Standard, version 1", "Standard, version 2"]}
    published = Event.objects.get(verb="plan.published")
    assert told.parent == published.id
    assert published.sentence == f"Dana Test published {version}, to which 2 organizations moved"


def test_who_has_a_limit_of_their_own_is_not_told_of_the_plan_s(standard: Plan, studio: Organization) -> None:
    ContactFactory(organization=studio)
    put(studio, rate(900))
    Notice.objects.all().delete()
    publish(standard, V1_RATE, rate(240), move=True)
    assert not Notice.objects.exists()


def test_the_preview_names_who_moves_and_what_changes_for_each(standard: Plan, studio: Organization) -> None:
    own = OrganizationFactory(name="Kestrel")
    put(own, rate(900))
    limits = {V1: V1_RATE, V2: rate(240), JOBS: Change(JOBS, limit=8)}
    moves = plan_moves.moves(standard, limits=limits, api_versions=["v1"], at=NOON)
    said = {
        move.organization.name: [(each.slot, each.said_before, each.said_after) for each in move.differences]
        for move in moves
    }
    jobs = (JOBS, "no limit", "8 jobs")
    assert said == {
        "Halide": [(V2, "120 a minute, burst 20", "240 a minute, burst 20"), jobs],
        "Kestrel": [jobs],
    }
    assert [(move.lost, move.gained) for move in moves] == [(["v2"], []), (["v2"], [])]


def test_of_many_organizations_the_preview_costs_the_same(
    standard: Plan, studio: Organization, django_assert_num_queries
) -> None:
    for _ in range(4):
        put(OrganizationFactory(), rate(900))
    with django_assert_num_queries(3):
        assert len(plan_moves.moves(standard, limits={V2: rate(1)}, api_versions=["v1", "v2"], at=NOON)) == 5


@pytest.mark.parametrize(
    ("limits", "terms", "said"),
    [
        ([V1_RATE], {}, "would let everything pass"),
        ([V1_RATE, rate(9, mode="warn")], {}, "would let everything pass"),
        ([V1_RATE, rate(9)], {"api_versions": ["v1"]}, "no such API version"),
        ([V1_RATE, rate(9), Change(TERM, limit=9)], {}, "whole terms"),
        ([V1_RATE, rate(9), Change(JOBS, remove=True)], {}, "are numbers"),
        ([V1_RATE, rate(9)], {"price": 3}, "Not a term of a plan"),
        ([V1_RATE, rate(0)], {}, "write a number"),
        ([V1_RATE, rate(9)], {"default_key_days": 366}, "longer than the longest"),
        ([V1_RATE, rate(9)], {"default_key_days": None}, "cannot be null"),
        ([V1_RATE, rate(120)], {}, "Nothing differs"),
    ],
)
def test_what_makes_no_sense_is_refused(standard: Plan, limits: list[Change], terms: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        publish(standard, *limits, terms=terms)
    assert plans.latest("standard").number == 1


def test_nobody_publishes_over_what_they_did_not_see(standard: Plan) -> None:
    publish(standard, V1_RATE, rate(240), seen=1)
    with pytest.raises(ValidationError, match="meanwhile"):
        publish(standard, V1_RATE, rate(250), seen=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda version: PlanVersion.objects.filter(pk=version.pk).update(longest_key_days=1),
        lambda version: version.limits.update(limit=1),
        lambda version: version.limits.update(plan_version=None, organization=OrganizationFactory()),
        lambda version: RuleFactory(plan_version=version, name="late", kind="concurrency", period_s=None, burst=None),
    ],
)
def test_the_database_refuses_to_change_what_was_published(db: None, change: Any) -> None:
    version = plans.latest("standard")
    with pytest.raises(DatabaseError), transaction.atomic():
        change(version)
    assert LimitRule.objects.filter(plan_version=version, limit__gt=1).count() == 2


@pytest.mark.django_db(transaction=True)
def test_once_its_transaction_is_over_a_version_takes_no_further_limit() -> None:
    version = PlanVersionFactory(longest_key_days=9)
    with pytest.raises(DatabaseError, match="never changes"):
        RuleFactory(plan_version=version, api_version=None)


@pytest.mark.usefixtures("studio")
def test_organizations_of_other_plans_stay(standard: Plan) -> None:
    other = OrganizationFactory(plan_version=plans.latest("enterprise"))
    publish(standard, V1_RATE, rate(240), move=True)
    assert Organization.objects.get(pk=other.pk).plan_version == other.plan_version


def test_a_pilot_moves_within_its_plan(db: None) -> None:
    pilot = OrganizationFactory(status="pilot", plan_version=plans.latest("pilot"))
    publish(pilot.plan, Change(V1, limit=61, burst=10), rate(30), move=True, actor=ACTOR)
    assert Organization.objects.get(pk=pilot.pk).plan_version.number == 2
