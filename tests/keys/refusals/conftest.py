"""A counter store of the test's own, and calls that are refused."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings

from keys import facts, named, refusals
from keys.asks import Ask
from keys.decisions import Decision
from keys.limits import store
from keys.verdicts import Code

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GATEWAY = facts.GatewayIdentity(
    facts.SecretFacts("1dGatewayabc", "active", None), 1, "gwc_1", "gw", "production", frozenset(), (), None, None
)


@pytest.fixture(autouse=True)
def valkey(monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    client = store.connect(settings.VALKEY_URL, timeout=10)
    client.flushdb()
    monkeypatch.setattr(store, "client", lambda: client)
    monkeypatch.setattr(refusals, "_sampling", refusals._Sampling())
    names = named.Names()
    monkeypatch.setattr(refusals, "_names", names)
    # Two are known without a database; a test of its own reads them.
    names._uids, names._until = {"org_a", "org_b"}, math.inf
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def unknown() -> Callable[..., None]:
    """Note a call with a key that nobody has."""

    def note(
        organization: str = "org_a",
        *,
        at: datetime = NOON,
        number: int = 0,
        prefix: str = "8f3KQ2mZr01B",
        **fields: Any,
    ) -> None:
        ask = Ask(f"axk_live_{prefix}_nonsense", organization, "v2", **fields)
        refusals.note(decision=Decision(f"{number:032x}", at, [Code.MALFORMED]), ask=ask, gateway=GATEWAY)

    return note
