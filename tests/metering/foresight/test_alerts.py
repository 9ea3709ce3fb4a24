"""Whoever has used most of what is included, or committed to, is told: once at each step, in the mail and on pages."""

from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from audit.models import Event
from metering import actions, tasks, usage_alerts
from metering.foresight import Allowance
from metering.models import BillingPeriod, UsageAlert
from orgs.models import Notice, Organization, Staff
from tests.cast import ACTOR
from tests.factories import ContactFactory, OrganizationFactory
from tests.metering.closing.given import a_contract, period_of, set_state
from tests.metering.foresight.given import NOW, TODAY, used

pytestmark = pytest.mark.django_db


@pytest.fixture
def october() -> BillingPeriod:
    """A running period of which 1,000 generations are included, and €20.00 are committed to."""
    organization = OrganizationFactory(name="Halide & Sons", status="active")
    ContactFactory(organization=organization, kind="billing", email="accounts@halide.example")
    terms = {"included_generations": 1_000, "minimum_amount": Decimal(20)}
    return period_of(a_contract(organization, through=NOW, **terms))


def _sweep() -> list[tuple[str, int]]:
    """Tell what is to be told; returns which steps."""
    found = usage_alerts.to_tell(at=NOW)
    for reached in found:
        assert actions.warn_of_usage(reached=reached, actor=ACTOR)
    return [(str(one.allowance.kind), one.step) for one in found]


def test_each_step_is_told_once(october: BillingPeriod) -> None:
    told = []
    # 49, 50, 79, 80, 95, 99 and 100 percent, each seen by two sweeps.
    for more in (490, 10, 290, 10, 150, 40, 10):
        used(october, TODAY, more, resolution=f"{more}-{UsageAlert.objects.count()}")
        told += [*_sweep(), *_sweep()]
    assert told == [("included", 50), ("included", 80), ("included", 95), ("included", 100)]
    subjects = Notice.objects.order_by("id").values_list("subject", flat=True)
    assert list(subjects) == [
        f"Axis API: Halide & Sons has used {share} % of its included generations" for share in (50, 80, 95, 100)
    ]
    assert {notice.email for notice in Notice.objects.all()} == {"accounts@halide.example"}


def test_of_several_steps_at_once_the_highest_is_told(october: BillingPeriod) -> None:
    used(october, TODAY, 960)
    assert _sweep() == [("included", 95)]
    assert list(UsageAlert.objects.values_list("threshold", flat=True)) == [50, 80, 95]
    assert Notice.objects.count() == 1


def test_a_minimum_is_reached_by_what_usage_costs(october: BillingPeriod) -> None:
    # Beyond the 1,000 that are included: 1,000 of them cost €14.00, that is 70 %; 1,500 are €21.00.
    used(october, TODAY, 2_000)
    assert _sweep() == [("included", 100), ("minimum", 50)]
    used(october, TODAY, 500, resolution="2K", aspect_ratio="16:9")
    assert _sweep() == [("minimum", 100)]
    body = Notice.objects.latest("id").body
    assert "€21.00" in body
    assert "€20.00" in body
    assert "What is used from now on adds to the amount of the period." in " ".join(body.split())


def test_it_is_recorded(october: BillingPeriod) -> None:
    used(october, TODAY, 800)
    _sweep()
    event = Event.objects.get(verb="usage.warned")
    assert event.organization == october.organization.uid
    assert event.sentence == (
        "Dana Test told the people of Halide & Sons that 80 % of the included generations of 2026-10 is used"
    )


def test_two_sweeps_at_once_tell_it_once(october: BillingPeriod) -> None:
    used(october, TODAY, 800)
    [first], [second] = usage_alerts.to_tell(at=NOW), usage_alerts.to_tell(at=NOW)
    assert actions.warn_of_usage(reached=first, actor=ACTOR) is True
    assert actions.warn_of_usage(reached=second, actor=ACTOR) is False
    assert Notice.objects.count() == 1


def test_who_does_not_want_to_hear_it_is_not_told(october: BillingPeriod) -> None:
    from orgs import actions as org_actions

    org_actions.change_notices(organization=october.organization, actor=ACTOR, muted=["usage_reached"])
    used(october, TODAY, 800)
    assert _sweep() == [("included", 80)]
    assert not Notice.objects.exists()


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_nobody_is_told_of_whom_no_call_passes(status: str, october: BillingPeriod) -> None:
    used(october, TODAY, 800)
    from django.db import transaction

    from tests.factories import record_fixture

    with transaction.atomic():
        record_fixture(october.organization.uid)
        Organization.objects.filter(pk=october.organization_id).update(status=status, status_before="active")
    assert _sweep() == []


def test_a_period_that_has_ended_tells_nothing(october: BillingPeriod) -> None:
    used(october, TODAY, 800)
    set_state(october, "review", review_until=NOW)
    assert _sweep() == []


@pytest.mark.parametrize(
    ("used_up", "step"),
    [(0, 0), (499, 0), (500, 50), (799, 50), (800, 80), (949, 80), (950, 95), (1_000, 100), (5_000, 100)],
)
def test_a_step_is_reached_to_the_generation(used_up: int, step: int) -> None:
    assert usage_alerts.step_of(Allowance("included", Decimal(used_up), Decimal(1_000))) == step


def test_home_and_the_organizations_pages_say_it(
    october: BillingPeriod, administrator: Staff, account_manager: Staff, browser_of: Any
) -> None:
    used(october, TODAY, 860)
    _sweep()
    with time_machine.travel(NOW, tick=False):
        home = browser_of(administrator).get("/").text
        card = browser_of(administrator).get(reverse("metering:foresight", args=[october.organization.uid])).text
        hers = browser_of(account_manager).get("/").text
    assert "Halide &amp; Sons has used 86% of its included generations" in home
    assert "Contacts were told of 80 % of included generations on" in card
    assert "included generations" not in hers


def test_the_task_tells_it(october: BillingPeriod) -> None:
    used(october, TODAY, 800)
    with time_machine.travel(NOW, tick=False):
        tasks.warn_of_usage()
    assert UsageAlert.objects.filter(threshold=80).exists()
