"""Last use: noted with each admission, written down once a minute, lost or doubled by no crash."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keys import tasks, uses
from keys.asks import Ask
from keys.limits import calls, store
from keys.limits.limiter import Limiter
from keys.models import GatewayUse, KeySecret, SecretUse
from orgs import tokens
from tests.factories import GatewayFactory, SecretFactory
from tests.keys.limits import examples

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def valkey(monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    client = store.connect(settings.VALKEY_URL, timeout=10)
    client.flushdb()
    monkeypatch.setattr(store, "client", lambda: client)
    patient = store.Store(settings.VALKEY_URL, timeout=10)
    monkeypatch.setattr(store, "current", lambda: patient)
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def secret(db: None) -> KeySecret:
    made: KeySecret = SecretFactory()
    return made


def note(secret: KeySecret, valkey: redis.Redis, at: datetime = NOON, *, burst: int = 100, **fields: Any) -> str:
    """Use the secret once, as an admitted call does; returns what the limiter said."""
    ask = Ask(secret.text, secret.key.organization.uid, **{"api_version": "v2", **fields})  # type: ignore[attr-defined]
    call = examples.call(
        examples.rate(burst=burst),
        organization=secret.key.organization_id,
        key=secret.key_id,
        public_id=secret.public_id,
        api_version=ask.api_version,
        caller=uses.caller(ask),
    )
    valkey.set(tokens.name(secret.key.organization_id), examples.TOKEN)
    return Limiter(store.Store(settings.VALKEY_URL, timeout=10)).spend(call, now_us=uses._microseconds(at)).state


def test_when_where_and_with_what_a_secret_was_used_is_written_down(secret: KeySecret, valkey: redis.Redis) -> None:
    note(secret, valkey, client_ip="203.0.113.7", user_agent="studio/1.2 | beta")
    tasks.flush_uses()
    use = SecretUse.objects.get()
    assert (use.secret, use.first_used_at, use.last_used_at) == (secret, NOON, NOON)
    assert (use.address, use.user_agent, use.api_version) == ("203.0.113.7", "studio/1.2 | beta", "v2")


def test_the_first_use_is_kept_and_the_last_one_is_the_latest(secret: KeySecret, valkey: redis.Redis) -> None:
    for minutes in (1, 2, 3):
        note(secret, valkey, NOON + minutes * MINUTE, client_ip=f"203.0.113.{minutes}")
    tasks.flush_uses()
    note(secret, valkey, NOON + 9 * MINUTE, api_version="v1")
    tasks.flush_uses()
    use = SecretUse.objects.get()
    assert (use.first_used_at, use.last_used_at) == (NOON + MINUTE, NOON + 9 * MINUTE)
    assert (use.address, use.api_version) == (None, "v1")


def test_an_older_use_that_comes_late_changes_the_first_alone(secret: KeySecret, valkey: redis.Redis) -> None:
    note(secret, valkey, NOON, client_ip="203.0.113.1")
    tasks.flush_uses()
    note(secret, valkey, NOON - MINUTE, client_ip="203.0.113.2")
    tasks.flush_uses()
    use = SecretUse.objects.get()
    assert (use.first_used_at, use.last_used_at, use.address) == (NOON - MINUTE, NOON, "203.0.113.1")


def test_a_refused_call_is_no_use(secret: KeySecret, valkey: redis.Redis) -> None:
    assert [note(secret, valkey, burst=1), note(secret, valkey, NOON, burst=1)] == ["admitted", "refused"]
    tasks.flush_uses()
    assert SecretUse.objects.get().last_used_at == NOON


def test_what_was_flushed_is_forgotten_and_flushing_again_changes_nothing(
    secret: KeySecret, valkey: redis.Redis
) -> None:
    note(secret, valkey)
    tasks.flush_uses()
    before = SecretUse.objects.values().get()
    tasks.flush_uses()
    assert SecretUse.objects.values().get() == before
    assert not valkey.exists(calls.uses_key(secret.key.organization_id))


def test_a_crash_after_writing_doubles_nothing(
    secret: KeySecret, valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(secret, valkey)
    monkeypatch.setattr(uses, "_forget", _crash)
    with pytest.raises(KeyboardInterrupt):
        tasks.flush_uses()
    monkeypatch.undo()
    monkeypatch.setattr(store, "client", lambda: valkey)
    tasks.flush_uses()
    assert SecretUse.objects.get().first_used_at == NOON


def test_a_crash_before_writing_loses_nothing(
    secret: KeySecret, valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(secret, valkey)
    with monkeypatch.context() as patched:
        patched.setattr(uses, "_write_secrets", _crash)
        with pytest.raises(KeyboardInterrupt):
            tasks.flush_uses()
    tasks.flush_uses()
    assert SecretUse.objects.get().last_used_at == NOON


def test_what_is_noted_while_flushing_waits_for_the_next_round(
    secret: KeySecret, valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(secret, valkey, NOON)
    write = uses._write_secrets

    def write_and_be_overtaken(noted: dict[bytes, bytes]) -> None:
        write(noted)
        note(secret, valkey, NOON + MINUTE)

    with monkeypatch.context() as patched:
        patched.setattr(uses, "_write_secrets", write_and_be_overtaken)
        tasks.flush_uses()
    assert SecretUse.objects.get().last_used_at == NOON
    tasks.flush_uses()
    assert SecretUse.objects.get().last_used_at == NOON + MINUTE


def test_many_secrets_of_many_organizations_take_few_statements(db: None, valkey: redis.Redis) -> None:
    secrets = [SecretFactory() for _ in range(3)]
    secrets.append(SecretFactory(key=secrets[0].key, state="overlap"))
    for secret in secrets:
        note(secret, valkey)
    with CaptureQueriesContext(connection) as captured:
        uses.flush()
    assert {use.secret_id for use in SecretUse.objects.all()} == {secret.pk for secret in secrets}
    # The organizations, and a statement for each of the three.
    assert len(captured) == 4


def test_the_last_use_of_a_gateways_credential_is_written_down(db: None) -> None:
    gateway = GatewayFactory()
    uses.note_gateway(gateway.uid, address="203.0.113.9", at=NOON)
    tasks.flush_uses()
    use = GatewayUse.objects.get()
    assert (use.credential, use.last_used_at, use.address) == (gateway, NOON, "203.0.113.9")


def test_a_gateway_is_noted_once_in_ten_seconds(db: None, valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway, clock = GatewayFactory(), [1_000.0]
    monkeypatch.setattr(uses.time, "monotonic", lambda: clock[0])
    for seconds in (0, 9.9, 0.2):
        clock[0] += seconds
        uses.note_gateway(gateway.uid, address="", at=NOON + timedelta(seconds=clock[0]))
    noted = valkey.hget(uses.GATEWAY_USES, gateway.uid)
    assert noted == f"{uses._microseconds(NOON + timedelta(seconds=1_010.1))}|".encode()


def test_a_store_that_is_down_stops_no_gateway(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    away = store.Store("unix:///nowhere/valkey.sock")
    monkeypatch.setattr(store, "current", lambda: away)
    uses.note_gateway(GatewayFactory().uid, address="", at=NOON)


def _crash(*args: object) -> None:
    raise KeyboardInterrupt
