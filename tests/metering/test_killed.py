"""The connection dies at any statement: what was not answered is sent again, and every id counts once."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections

from audit import trail
from keys.models import KeySecret
from metering import ledger
from metering.models import Generation, IdempotencyClaim, RejectedGeneration
from metering.results import Result
from orgs import actions
from tests.factories import SecretFactory
from tests.metering.conftest import Item, generation, rollups_equal_the_ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def secret(transactional_db: None) -> KeySecret:
    """A key that everybody sees."""
    return SecretFactory(key__organization=actions.create_organization(actor=trail.SYSTEM, name="Halide & Sons"))


class Killer:
    """Ends this connection's backend at its n-th statement, before or after that is done."""

    def __init__(self, nth: int, *, after: bool) -> None:
        self.left, self.after, self.has_struck = nth, after, False

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        self.left -= 1
        if self.left or self.has_struck:
            return execute(*statement)
        self.has_struck = True
        if not self.after:
            self._strike()
        try:
            return execute(*statement)
        finally:
            if self.after:
                self._strike()

    def _strike(self) -> None:
        assert connection.connection is not None
        backend = connection.connection.info.backend_pid
        with ThreadPoolExecutor(1) as other:
            assert other.submit(_terminate, backend).result()


def _terminate(backend: int) -> bool:
    """End a backend from another connection; returns once it is gone."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 20000)", [backend])
            return bool(cursor.fetchone()[0])
    finally:
        connections.close_all()


def _append(items: list[Item], now: datetime) -> list[Result]:
    return ledger.append(items=items, source="gw-eu-1", gateway="gwc_test", now=now)


def _batch(secret: KeySecret, now: datetime, held: str) -> list[Item]:
    """Plain ones, one with a free idempotency key and one whose key is held, a conflict and a reject."""
    first = generation(secret, now)
    return [
        first,
        generation(secret, now - timedelta(hours=2), idempotency_key=f"of {first['generation_id']}"),
        generation(secret, now, idempotency_key=held),
        {**first, "units": 2},
        generation(secret, now, units=0),
    ]


@pytest.mark.parametrize("after", [False, True])
def test_whatever_was_not_answered_is_sent_again_and_counts_once(after: bool, secret: KeySecret, now: datetime) -> None:
    _append([generation(secret, now, idempotency_key="held")], now)
    wanted = set(map(str, Generation.objects.values_list("generation_id", flat=True)))
    for nth in itertools.count(1):
        batch, killer = _batch(secret, now, "held"), Killer(nth, after=after)
        with connection.execute_wrapper(killer):
            try:
                told = _append(batch, now)
            except DatabaseError:
                told = []
        if killer.has_struck:
            connection.close()
            # Only what was committed whole was answered: after the last statement.
            assert not told or after
            told = _append(batch, now)
        assert [one["status"] for one in told[:2]] in (["accepted"] * 2, ["duplicate"] * 2)
        assert [one["code"] for one in told[2:]] == ["idempotency_replay", "payload_mismatch", "invalid_units"]
        wanted |= {item["generation_id"] for item in batch[:2]}
        assert set(map(str, Generation.objects.values_list("generation_id", flat=True))) == wanted
        assert rollups_equal_the_ledger()
        if not killer.has_struck:
            break
    # Everything that writes was hit: the locks, the claims, the ledger, and what is kept of the others.
    assert nth > 7
    assert IdempotencyClaim.objects.count() == nth + 1
    assert RejectedGeneration.objects.count() == 3 * nth
