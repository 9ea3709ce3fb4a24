"""Real transactions at the same time: every id counts once, nobody waits for each other in a circle."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from audit import trail
from keys.models import KeySecret
from metering import ledger
from metering.models import BillingPeriod, Generation, RejectedGeneration, UsageDay
from metering.results import Result
from orgs import actions
from tests.factories import SecretFactory
from tests.metering.conftest import THREADS, Item, generation, rollups_equal_the_ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def secrets(transactional_db: None) -> list[KeySecret]:
    """Keys of three organizations, made a year ago, whose present periods nobody has opened yet."""
    with time_machine.travel(timezone.now() - timedelta(days=365), tick=False):
        made = [actions.create_organization(actor=trail.SYSTEM, name=name) for name in ("Halide", "Kestrel", "Himal")]
    return [SecretFactory(key__organization=organization) for organization in made]


def _append(items: list[Item], now: datetime) -> list[Result]:
    return ledger.append(items=items, source="gw-eu-1", gateway="gwc_test", now=now)


def test_the_same_batch_five_times_by_four_threads_counts_once(
    secrets: list[KeySecret], now: datetime, together: Callable[..., list[list[str]]]
) -> None:
    batch = [generation(random.choice(secrets), now, units=random.randint(1, 9)) for _ in range(60)]

    def send(number: int) -> list[str]:
        return [result["status"] for _ in range(5) for result in _append(batch, now)]

    told = [status for statuses in together(send) for status in statuses]
    assert (told.count("accepted"), told.count("duplicate")) == (60, 19 * 60)
    assert Generation.objects.count() == 60
    assert sum(UsageDay.objects.values_list("units", flat=True)) == sum(item["units"] for item in batch)
    assert rollups_equal_the_ledger()


def test_unsorted_batches_that_overlap_do_not_deadlock(
    secrets: list[KeySecret], now: datetime, together: Callable[..., list[object]]
) -> None:
    items = [generation(secret, now - timedelta(hours=n)) for secret in secrets for n in range(20)]

    def send(number: int) -> None:
        order = random.Random(number)
        for _ in range(10):
            _append(order.sample(items, 40), now)

    together(send)
    assert Generation.objects.count() == len(items)
    assert rollups_equal_the_ledger()


def test_one_of_two_that_claim_an_id_at_the_same_time_wins(
    secrets: list[KeySecret], now: datetime, together: Callable[..., list[list[Result]]]
) -> None:
    said = [generation(secrets[0], now) for _ in range(30)]

    def send(number: int) -> list[Result]:
        return _append([{**item, "units": number + 1} for item in said], now)

    told = [result for results in together(send) for result in results]
    assert sum(result["status"] == "accepted" for result in told) == 30
    assert sum(result["code"] == "payload_mismatch" for result in told) == 30 * (THREADS - 1)
    assert RejectedGeneration.objects.count() == 30 * (THREADS - 1)
    assert rollups_equal_the_ledger()


def test_a_period_that_many_miss_at_once_is_opened_once(
    secrets: list[KeySecret], now: datetime, together: Callable[..., list[list[Result]]]
) -> None:
    theirs = secrets[0].key.organization

    def send(number: int) -> list[Result]:
        return _append([generation(secrets[0], now)], now)

    assert {result["period"] for results in together(send) for result in results} == {f"{now:%Y-%m}"}
    assert BillingPeriod.objects.containing(now).filter(organization=theirs).count() == 1
