"""Two people at the same moment: an adjustment is made once, and counts in one period."""

from datetime import datetime

import pytest
from django.db import transaction

from audit import trail
from keys.models import KeySecret
from metering import actions, fences
from metering.models import Adjustment, AdjustmentRequest, BillingPeriod, Generation, UsageDay
from orgs import actions as organizations
from orgs.models import Staff
from orgs.policy import Role
from tests.at_once import at_once, outcome
from tests.cast import ACTOR
from tests.factories import RoleAssignmentFactory, SecretFactory, StaffFactory, recording
from tests.metering.adjustments.conftest import approve, asked, credit, reported
from tests.metering.conftest import Report, rollups_equal_the_ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def live(transactional_db: None) -> KeySecret:
    """A live key of an organization with this period and the next one."""
    halide = organizations.create_organization(actor=trail.SYSTEM, name="Halide & Sons")
    return SecretFactory(key__organization=halide)


@pytest.fixture
def people(transactional_db: None) -> list[Staff]:
    """Bea, who asks, and two administrators."""
    found = [StaffFactory(name=name) for name in ("Bea", "Ada", "Amir")]
    for person in found[1:]:
        RoleAssignmentFactory(user=person, role=Role.ADMINISTRATOR)
    return found


def test_two_approvals_of_one_request_make_one_adjustment(
    report: Report, live: KeySecret, now: datetime, people: list[Staff]
) -> None:
    bea, ada, amir = people
    request = asked(reported(report, live, now), bea)
    said = at_once(*(outcome(lambda one=one: approve(request, one, now)) for one in (ada, amir)))
    assert sorted(said) == ["done", "refused"]
    assert Adjustment.objects.count() == 1
    assert rollups_equal_the_ledger()


def test_approving_and_declining_at_once_does_one_of_the_two(
    report: Report, live: KeySecret, now: datetime, people: list[Staff]
) -> None:
    bea, ada, amir = people
    request = asked(reported(report, live, now), bea)
    said = at_once(
        outcome(lambda: approve(request, ada, now)),
        outcome(
            lambda: actions.decline_adjustment(request=request, decider=amir, actor=ACTOR, now=now, reason="It was not")
        ),
    )
    assert sorted(said) == ["done", "refused"]
    request.refresh_from_db()
    assert Adjustment.objects.count() == (1 if request.state == AdjustmentRequest.State.APPROVED else 0)
    assert rollups_equal_the_ledger()


def test_numbers_have_no_gaps_and_none_comes_twice(
    report: Report, live: KeySecret, now: datetime, people: list[Staff]
) -> None:
    bea, ada, _ = people
    period = live.key.organization.billing_periods.containing(now).get()
    requests = [asked(reported(report, live, now), bea) for _ in range(3)] + [credit(period, bea)]
    at_once(*(lambda one=one: approve(one, ada, now) for one in requests))
    assert sorted(Adjustment.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4]
    assert rollups_equal_the_ledger()


def test_a_void_that_races_a_close_counts_in_one_period(
    report: Report, live: KeySecret, now: datetime, people: list[Staff]
) -> None:
    bea, ada, _ = people
    requests = [asked(reported(report, live, now), bea) for _ in range(4)]
    period = Generation.objects.all()[0].period
    assert period is not None
    later = live.key.organization.billing_periods.containing(period.span.upper).get()

    def begin_closing() -> str:
        with transaction.atomic():
            fences.alone(period.organization_id)
            at_close = _total(period)
            recording.record_fixture(period.target.id, period.organization.uid)
            BillingPeriod.objects.filter(pk=period.pk).update(state="closing")
        return str(at_close)

    total, *_ = at_once(begin_closing, *(lambda one=one: approve(one, ada, now).number for one in requests))
    # What the close has seen is what it stays, and every void counts in one of the two.
    assert _total(period) == int(total)
    assert _total(period) + _total(later) == 0
    assert rollups_equal_the_ledger()


def _total(period: BillingPeriod) -> int:
    return sum(UsageDay.objects.filter(period=period).values_list("generations", flat=True))
