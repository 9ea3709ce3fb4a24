"""Counts and refusals are kept as long as is promised, and no longer."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.utils import timezone

from keys import counts, models, retention, tally, tasks
from keys.models import KeySecret
from tests.factories import SecretFactory
from tests.keys.counts.conftest import Count, totals

NOW = datetime(2026, 11, 22, 12, 27, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def secret(db: None) -> KeySecret:
    made: KeySecret = SecretFactory()
    return made


def hour(secret: KeySecret, days: float, **fields: Any) -> models.SecretHour:
    at = (NOW - days * DAY).replace(minute=0)
    usual = {"api_version": "v2", "address": "203.0.113.7", "user_agent": "studio"}
    return models.SecretHour.objects.create(secret=secret, hour=at, **{**usual, **fields})


def decided(secret: KeySecret, days: float) -> None:
    key, at = secret.key, NOW - days * DAY
    common = {
        "organization": key.organization,
        "key": key,
        "api_version": "v2",
        "code": "VALID",
        "calls": 1,
        "units": 1,
    }
    models.DecisionMinute.objects.create(minute=at, **common)
    models.DecisionHour.objects.create(hour=at, **common)
    models.Refusal.objects.create(decision_id=uuid4().hex, at=at, organization=key.organization, code="PAUSED")
    hour(secret, days)


@pytest.mark.parametrize(
    ("days", "kept"),
    [
        (6.9, {"minutes": 1, "hours": 1, "callers": 1, "refusals": 1}),
        (7.1, {"minutes": 1, "hours": 1, "callers": 1, "refusals": 0}),
        (8.1, {"minutes": 0, "hours": 1, "callers": 1, "refusals": 0}),
        (396, {"minutes": 0, "hours": 1, "callers": 1, "refusals": 0}),
        (401, {"minutes": 0, "hours": 0, "callers": 0, "refusals": 0}),
    ],
)
def test_each_kind_is_kept_for_its_time(days: float, kept: dict[str, int], secret: KeySecret) -> None:
    decided(secret, days)
    retention.sweep(now=NOW)
    assert {
        "minutes": models.DecisionMinute.objects.count(),
        "hours": models.DecisionHour.objects.count(),
        "callers": models.SecretHour.objects.count(),
        "refusals": models.Refusal.objects.count(),
    } == kept


def test_after_three_months_an_hour_keeps_its_sums_and_no_caller(secret: KeySecret) -> None:
    hour(secret, 91, admitted=3, refused=1)
    hour(secret, 91, admitted=4, address="198.51.100.1")
    hour(secret, 91, admitted=5, address=None, user_agent="")
    hour(secret, 91, admitted=6, api_version="v1")
    hour(secret, 89, admitted=7)
    for _ in range(2):
        retention.sweep(now=NOW)
    rows = models.SecretHour.objects.order_by("admitted")
    assert list(rows.values_list("admitted", "refused", "address", "user_agent")) == [
        (6, 0, None, ""),
        (7, 0, "203.0.113.7", "studio"),
        (12, 1, None, ""),
    ]


def test_what_is_more_than_a_batch_goes_too(secret: KeySecret, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for n in range(5):
        decided(secret, 10 + n / 100)
        hour(secret, 100, admitted=1, user_agent=f"agent {n}")
    retention.sweep(now=NOW)
    assert not models.DecisionMinute.objects.exists()
    assert models.SecretHour.objects.get(hour=(NOW - 100 * DAY).replace(minute=0)).admitted == 5


def test_receipts_go_after_three_days_and_only_when_nothing_waits(
    secret: KeySecret, count: Count, valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = models.FlushReceipt.objects.create(id=uuid4(), at=timezone.now() - 4 * DAY)
    # It was written down four days ago, and the store has been away ever since.
    organization = secret.key.organization_id
    valkey.sadd(tally.batches_name(organization), str(old.id))
    count(secret)
    valkey.rename(tally.name(organization), tally.batch_name(organization, str(old.id)))
    with monkeypatch.context() as patched:
        patched.setattr(counts, "_forget", _crash)
        with pytest.raises(redis.ConnectionError):
            tasks.forget_old_counts()
    assert models.FlushReceipt.objects.filter(pk=old.pk).exists()
    tasks.forget_old_counts()
    assert not models.FlushReceipt.objects.filter(pk=old.pk).exists()
    assert totals()["minutes"] == (0, 0)


def test_a_receipt_of_today_stays(secret: KeySecret, count: Count) -> None:
    count(secret)
    tasks.flush_uses()
    tasks.forget_old_counts()
    assert models.FlushReceipt.objects.count() == 1


def _crash(*args: object) -> None:
    raise redis.ConnectionError("away")
