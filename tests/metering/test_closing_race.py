"""Generations that race the close of their period are counted once: before it, or late in the next one."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from audit import trail
from keys.models import KeySecret
from metering import fences, ledger
from metering.models import BillingPeriod, Generation, UsageDay
from metering.results import Result
from orgs import actions
from orgs.models import Organization
from tests.factories import SecretFactory, record_fixture
from tests.metering.conftest import THREADS, generation, rollups_equal_the_ledger

BATCHES, EACH = 8, 6
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def secret(transactional_db: None) -> KeySecret:
    """A key that everybody sees."""
    return SecretFactory(key__organization=actions.create_organization(actor=trail.SYSTEM, name="Halide & Sons"))


def _close(organization: Organization, period: BillingPeriod) -> int:
    """Close the period as whoever does it: alone with the organization; returns what it counted by then."""
    with transaction.atomic():
        fences.alone(organization.pk)
        counted = sum(UsageDay.objects.filter(period=period).values_list("generations", flat=True))
        record_fixture(organization.uid)
        organization.billing_periods.filter(pk=period.pk).update(state=BillingPeriod.State.CLOSING)
    return counted


def test_events_that_race_a_close_land_exactly_once(
    secret: KeySecret, now: datetime, together: Callable[..., list[list[Result]]]
) -> None:
    organization = secret.key.organization
    period = organization.billing_periods.containing(now).get()
    is_time, totals = threading.Event(), []

    def work(number: int) -> list[Result]:
        if number == 0:
            assert is_time.wait(60)
            totals.append(_close(organization, period))
            return []
        told = []
        for n in range(BATCHES):
            batch = [generation(secret, now - timedelta(milliseconds=k)) for k in range(EACH)]
            told += ledger.append(items=batch, source=f"gw-{number}", gateway="gwc_test", now=now)
            # Sent once more, as after a time-out.
            again = ledger.append(items=batch, source=f"gw-{number}", gateway="gwc_test", now=now)
            assert {one["status"] for one in again} == {"duplicate"}
            if n == BATCHES // 2:
                is_time.set()
        return told

    told = [one for results in together(work) for one in results]
    sent = (THREADS - 1) * BATCHES * EACH
    in_time = [one for one in told if one["status"] == "accepted"]
    late = [one for one in told if one["status"] == "accepted_late"]
    assert len(in_time) + len(late) == sent == Generation.objects.count()
    assert totals == [len(in_time)] == [Generation.objects.filter(period=period).count()]
    assert Generation.objects.filter(original_period=period, late=True).exclude(period=period).count() == len(late)
    assert {one["period"] for one in late} <= {organization.billing_periods.order_by("span").last().label}
    assert rollups_equal_the_ledger()
