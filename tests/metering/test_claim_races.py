"""Idempotency keys asked for at the same time: one generation gets each, and nobody holds one that it did not use."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from audit import trail
from keys.models import KeySecret
from metering import entries, ledger
from metering.models import Generation, IdempotencyClaim
from metering.results import Result
from orgs import actions
from tests.factories import SecretFactory
from tests.metering.conftest import THREADS, Item, generation, rollups_equal_the_ledger

pytestmark = pytest.mark.django_db(transaction=True)
Together = Callable[[Callable[[int], list[Result]]], list[list[Result]]]


@pytest.fixture
def secrets(transactional_db: None) -> list[KeySecret]:
    """Keys of two organizations."""
    made = [actions.create_organization(actor=trail.SYSTEM, name=name) for name in ("Halide", "Kestrel")]
    return [SecretFactory(key__organization=organization) for organization in made]


def _append(items: list[Item], now: datetime) -> list[Result]:
    return ledger.append(items=items, source="gw-eu-1", gateway="gwc_test", now=now)


def _every_claim_is_of_its_generation() -> bool:
    used = {
        (row.organization_id, bytes.fromhex(entries.claim(environment="live", idempotency_key=row.idempotency_key)[2:]))
        for row in Generation.objects.exclude(idempotency_key="")
    }
    held = IdempotencyClaim.objects.values_list("organization_id", "key_hash", "generation_id")
    of = {row.generation_id: row.idempotency_key for row in Generation.objects.all()}
    return all(
        (organization, bytes(digest)) in used and _digest(of[generation_id]) == bytes(digest)
        for organization, digest, generation_id in held
    )


def _digest(idempotency_key: str) -> bytes:
    return bytes.fromhex(entries.claim(environment="live", idempotency_key=idempotency_key)[2:])


def test_of_generations_with_one_key_at_the_same_time_one_counts(
    secrets: list[KeySecret], now: datetime, together: Together
) -> None:
    def send(number: int) -> list[Result]:
        order = random.Random(number)
        batch = [
            generation(secret, now - timedelta(minutes=n), idempotency_key=f"shot-{n}")
            for n in range(15)
            for secret in secrets
        ]
        return [one for _ in range(3) for one in _append(order.sample(batch, len(batch)), now)]

    told = [one for results in together(send) for one in results]
    assert [one["status"] for one in told].count("accepted") == 30
    assert [one["code"] for one in told].count("idempotency_replay") == 30 * 3 * (THREADS - 1)
    assert Generation.objects.count() == IdempotencyClaim.objects.count() == 30
    assert _every_claim_is_of_its_generation()
    assert rollups_equal_the_ledger()


def test_an_id_that_is_sent_with_several_keys_at_once_holds_the_one_that_was_written(
    secrets: list[KeySecret], now: datetime, together: Together
) -> None:
    said = [generation(secret, now) for secret in secrets for _ in range(15)]

    def send(number: int) -> list[Result]:
        batch = [{**item, "idempotency_key": f"{n} by {number}"} for n, item in enumerate(said)]
        return _append(random.Random(number).sample(batch, len(batch)), now)

    told = [one for results in together(send) for one in results]
    assert [one["status"] for one in told].count("accepted") == 30
    assert [one["status"] for one in told].count("duplicate") == 30 * (THREADS - 1)
    assert [one["code"] for one in told].count("idempotency_replay") == 0
    assert {one["generation_id"] for one in told} == set(map(str, _ids()))
    assert IdempotencyClaim.objects.count() == 30
    assert _every_claim_is_of_its_generation()


def _ids() -> list[UUID]:
    return list(Generation.objects.values_list("generation_id", flat=True))
