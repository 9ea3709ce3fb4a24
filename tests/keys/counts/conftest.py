"""A counter store of the test's own, and calls counted in it as the limiter's script counts them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings

from keys import tally
from keys.limits import store
from keys.models import DecisionHour, DecisionMinute, KeySecret, SecretHour

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

Count = Callable[..., None]


@pytest.fixture(autouse=True)
def valkey(monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    client = store.connect(settings.VALKEY_URL, timeout=10)
    client.flushdb()
    monkeypatch.setattr(store, "client", lambda: client)
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def count(valkey: redis.Redis) -> Count:
    """Count calls of a secret: `count(secret, calls=3, units=2, code="RATE_LIMITED", limit=7)`, units for each call."""

    def counted(
        secret: KeySecret, *, at: datetime = NOON, version: str = "v2", code: str = "VALID", limit: int | str = "",
        address: str = "203.0.113.7", agent: str = "studio/1.2 | beta", calls: int = 1, units: int = 1,
    ) -> None:  # fmt: skip
        field = f"{int(at.timestamp()) // 60}|{secret.public_id}|{version}|{code}|{limit}|{address}|{agent}"
        name = tally.name(secret.key.organization_id)
        valkey.hincrby(name, field, calls * (units * 2**26 + 1))

    return counted


def totals() -> dict[str, tuple[int, int]]:
    """Calls and units in each of the three tables; of callers, admitted and refused."""
    return {
        "minutes": _sum(DecisionMinute.objects.values_list("calls", "units")),
        "hours": _sum(DecisionHour.objects.values_list("calls", "units")),
        "callers": _sum(SecretHour.objects.values_list("admitted", "refused")),
    }


def _sum(rows: object) -> tuple[int, int]:
    pairs = list(rows)  # type: ignore[call-overload]
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
