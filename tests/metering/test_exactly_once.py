"""Whatever is sent how often, in which order, cut in which way and by how many at once: each id counts once."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import trail
from keys.models import KeySecret
from metering import ledger
from metering.models import Generation
from metering.results import Result
from orgs import actions
from tests.factories import SecretFactory
from tests.metering.conftest import Item, generation, put, rollups_equal_the_ledger

pytestmark = pytest.mark.django_db(transaction=True)
ACKED = {"accepted", "accepted_late", "duplicate"}


@pytest.fixture
def secrets(transactional_db: None, now: datetime) -> list[KeySecret]:
    """Live and test keys of two organizations; the present period of one is final."""
    made = [actions.create_organization(actor=trail.SYSTEM, name=name) for name in ("Halide", "Kestrel")]
    put(made[1], f"{now:%Y-%m}", "final")
    return [
        SecretFactory(key__organization=organization, key__environment=environment)
        for organization in made
        for environment in ("live", "test")
    ]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), size=st.integers(1, 40), keys=st.integers(1, 12))
def test_each_id_counts_once_and_each_that_is_acked_is_counted(
    seed: int,
    size: int,
    keys: int,
    secrets: list[KeySecret],
    now: datetime,
    together: Callable[[Callable[[int], list[Result]]], list[list[Result]]],
) -> None:
    chance, before = random.Random(seed), _ids()
    # Examples share a ledger, and may share a seed: each has idempotency keys of its own.
    items = [_item(chance, secrets, now, keys, f"{seed}-{len(before)}") for _ in range(size)]

    def send(number: int) -> list[Result]:
        own, told = random.Random(seed + number), []
        for _ in range(3):
            left = own.sample(items, own.randint(1, size))
            while left:
                cut = own.randint(1, len(left))
                batch, left = left[:cut], left[cut:]
                told += ledger.append(items=batch, source=f"gw-{number}", gateway="gwc_test", now=now)
        return told

    told = [one for results in together(send) for one in results]
    new = _ids() - before
    counted = Counter(one["generation_id"] for one in told if one["status"].startswith("accepted"))
    assert counted == dict.fromkeys(new, 1)
    assert {one["status"] for one in told} <= ACKED
    acked = {one["generation_id"] for one in told if one["code"] != "idempotency_replay"}
    assert acked == new
    assert _uses(new, secrets) == {use for use in map(_use, items) if use and _was_sent(use, items, told)}
    assert rollups_equal_the_ledger()


def _item(chance: random.Random, secrets: list[KeySecret], now: datetime, keys: int, example: str) -> Item:
    """Of any key and a time within a day; the half with one of a few idempotency keys."""
    key = f"{example}-{chance.randrange(keys)}" if chance.random() < 0.5 else None
    at = now - timedelta(seconds=chance.randrange(20_000))
    return generation(chance.choice(secrets), at, idempotency_key=key, units=chance.randint(1, 9))


def _ids() -> set[str]:
    return set(map(str, Generation.objects.values_list("generation_id", flat=True)))


def _use(item: Item) -> tuple[str, str] | None:
    return (item["key"], item["idempotency_key"]) if item["idempotency_key"] else None


def _was_sent(use: tuple[str, str], items: list[Item], told: list[Result]) -> bool:
    sent = {one["generation_id"] for one in told}
    return any(_use(item) == use and item["generation_id"] in sent for item in items)


def _uses(ids: set[str], secrets: list[KeySecret]) -> set[tuple[str, str]]:
    """Return the idempotency keys that were used, each by one generation."""
    rows = Generation.objects.filter(generation_id__in=ids).exclude(idempotency_key="")
    public_ids = {secret.key_id: secret.public_id for secret in secrets}
    found = [(public_ids[row.key_id], row.idempotency_key) for row in rows]
    assert len(found) == len(set(found))
    return set(found)
