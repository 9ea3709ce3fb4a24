"""Counts are written down exactly: by minute, by hour and limit, by caller."""

from datetime import timedelta

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keys import counts, tally, tasks
from keys.limits import store
from keys.models import DecisionHour, DecisionMinute, FlushReceipt, KeySecret, SecretHour
from tests.factories import RuleFactory, SecretFactory
from tests.keys.counts.conftest import MINUTE, NOON, Count, totals


@pytest.fixture
def secret(db: None) -> KeySecret:
    made: KeySecret = SecretFactory()
    return made


def test_calls_and_units_are_written_down_by_minute_hour_and_caller(secret: KeySecret, count: Count) -> None:
    count(secret, calls=3, units=2)
    count(secret, at=NOON + MINUTE, calls=2, units=5)
    count(secret, at=NOON + MINUTE, code="IP_NOT_ALLOWED", address="198.51.100.1", agent="")
    tasks.flush_uses()
    rows = DecisionMinute.objects.order_by("minute", "code").values_list("minute", "code", "calls", "units")
    assert list(rows) == [
        (NOON, "VALID", 3, 6),
        (NOON + MINUTE, "IP_NOT_ALLOWED", 1, 1),
        (NOON + MINUTE, "VALID", 2, 10),
    ]
    hours = DecisionHour.objects.order_by("code").values_list("organization", "key", "hour", "api_version", "calls")
    owner = (secret.key.organization_id, secret.key_id)
    assert list(hours) == [(*owner, NOON, "v2", 1), (*owner, NOON, "v2", 5)]
    callers = SecretHour.objects.order_by("-admitted").values_list(
        "secret", "address", "user_agent", "admitted", "refused"
    )
    assert list(callers) == [
        (secret.pk, "203.0.113.7", "studio/1.2 | beta", 5, 0),
        (secret.pk, "198.51.100.1", "", 0, 1),
    ]


def test_a_further_flush_adds_to_what_is_there(secret: KeySecret, count: Count) -> None:
    for _ in range(3):
        count(secret, calls=7, units=3, address="")
        tasks.flush_uses()
    assert totals() == {"minutes": (21, 63), "hours": (21, 63), "callers": (21, 0)}
    assert SecretHour.objects.count() == DecisionMinute.objects.count() == DecisionHour.objects.count() == 1


def test_a_refusal_by_a_limit_is_counted_under_its_name(secret: KeySecret, count: Count) -> None:
    rule = RuleFactory(organization=secret.key.organization, name="v2-burst")
    count(secret, code="RATE_LIMITED", limit=rule.pk, calls=4)
    count(secret, code="RATE_LIMITED", limit=rule.pk + 999)
    tasks.flush_uses()
    names = dict(DecisionHour.objects.values_list("limit_name", "calls"))
    assert names == {"v2-burst": 4, "": 1}
    assert DecisionMinute.objects.get().calls == 5


def test_numbers_stay_exact_where_they_are_large(secret: KeySecret, count: Count) -> None:
    calls = 4_000_000
    count(secret, calls=calls, units=1_000)
    tasks.flush_uses()
    assert totals()["minutes"] == (calls, calls * 1_000)


def test_hours_begin_on_the_hour_and_minutes_belong_to_theirs(secret: KeySecret, count: Count) -> None:
    count(secret, at=NOON + timedelta(minutes=59))
    count(secret, at=NOON + timedelta(minutes=60))
    tasks.flush_uses()
    assert sorted(DecisionHour.objects.values_list("hour", flat=True)) == [NOON, NOON + timedelta(hours=1)]


def test_what_was_flushed_is_forgotten_and_flushing_again_counts_nothing(
    secret: KeySecret, count: Count, valkey: redis.Redis
) -> None:
    count(secret)
    for _ in range(2):
        tasks.flush_uses()
    assert totals()["hours"] == (1, 1)
    assert valkey.keys("*tall*") == []
    assert FlushReceipt.objects.count() == 1


def test_a_field_that_is_no_count_keeps_nothing_else_from_being_counted(
    secret: KeySecret, count: Count, valkey: redis.Redis
) -> None:
    count(secret)
    valkey.hset(tally.name(secret.key.organization_id), "nonsense", "1")
    valkey.hset(tally.name(secret.key.organization_id), f"1|{'x' * 12}|v2|VALID|||", "1")
    tasks.flush_uses()
    assert totals()["minutes"] == (1, 1)
    assert valkey.keys("*tall*") == []


def test_one_organization_is_flushed_without_the_others(count: Count, db: None, valkey: redis.Redis) -> None:
    hers, other = SecretFactory(), SecretFactory()
    count(hers)
    count(other)
    counts.flush([hers.key.organization_id])
    assert DecisionMinute.objects.get().key == hers.key
    assert counts.lag(valkey) is None
    tasks.flush_uses()
    assert DecisionMinute.objects.count() == 2
    assert (counts.lag(valkey) or 99) < 60


def test_many_organizations_take_few_statements(count: Count, db: None) -> None:
    for secret in [SecretFactory() for _ in range(4)]:
        count(secret)
    with CaptureQueriesContext(connection) as captured:
        counts.flush()
    assert DecisionMinute.objects.count() == 4
    # The organizations; then in one transaction the receipts, the owners and the three tables.
    assert len([one for one in captured if "keys_" in one["sql"]]) == 6


def test_a_hash_of_twenty_thousand_callers_is_written_in_one_flush(
    secret: KeySecret, count: Count, valkey: redis.Redis
) -> None:
    name, minute = tally.name(secret.key.organization_id), int(NOON.timestamp()) // 60
    fields = {
        f"{minute}|{secret.public_id}|v2|VALID||10.{n >> 16}.{n >> 8 & 255}.{n & 255}|agent": 2**26 + 1
        for n in range(tally.MOST_FIELDS)
    }
    valkey.hset(name, mapping=fields)
    # Beyond them the script leaves the caller out.
    count(secret, address="", agent="", calls=5)
    tasks.flush_uses()
    assert totals() == {"minutes": (20_005, 20_005), "hours": (20_005, 20_005), "callers": (20_005, 0)}
    assert SecretHour.objects.count() == 20_001


def test_a_store_that_is_away_loses_nothing(
    secret: KeySecret, count: Count, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    count(secret)
    with monkeypatch.context() as patched:
        patched.setattr(store, "connect", _away(store.connect))
        with pytest.raises(redis.RedisError):
            tasks.flush_uses()
    assert totals()["minutes"] == (0, 0)
    tasks.flush_uses()
    assert totals()["minutes"] == (1, 1)


def _away(connect: object) -> object:
    return lambda url, **options: connect("unix:///nowhere/valkey.sock", **options)  # type: ignore[operator]
