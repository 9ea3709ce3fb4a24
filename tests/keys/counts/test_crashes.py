"""A flush that dies at any step, or meets another one, counts nothing twice and loses nothing."""

import threading
from typing import Any

import pytest
import redis
from django.db import DatabaseError, connection, connections

from keys import counts, models, tally
from keys.models import DecisionHour, KeySecret, SecretHour
from tests.factories import SecretFactory
from tests.keys.counts.conftest import Count, totals

EVERYTHING = {"minutes": (10, 30), "hours": (10, 30), "callers": (9, 1)}


@pytest.fixture
def counted(db: None, count: Count) -> list[KeySecret]:
    """Ten calls of two organizations, three units each."""
    secrets: list[KeySecret] = [SecretFactory(), SecretFactory()]
    for secret in secrets:
        count(secret, calls=4, units=3)
    count(secrets[0], code="PAUSED", units=3)
    count(secrets[1], agent="other", units=3)
    return secrets


def _dies(step: str, *, after: bool, patched: pytest.MonkeyPatch) -> None:
    original = getattr(counts, step)

    def die(*args: Any, **options: Any) -> Any:
        if after:
            original(*args, **options)
        raise KeyboardInterrupt(step)

    patched.setattr(counts, step, die)


STEPS = ["_take", "_read", "_write_once", "_received", "_owners", "_limit_names", "_write", "_forget"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_a_flush_that_dies_counts_everything_once(
    step: str, after: bool, counted: list[KeySecret], monkeypatch: pytest.MonkeyPatch, valkey: redis.Redis
) -> None:
    with monkeypatch.context() as patched:
        _dies(step, after=after, patched=patched)
        with pytest.raises(KeyboardInterrupt):
            counts.flush()
    for _ in range(2):
        counts.flush()
    assert totals() == EVERYTHING
    assert valkey.keys("*tall*") == []


def test_a_store_that_dies_in_the_middle_loses_nothing_and_doubles_nothing(
    counted: list[KeySecret], monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in ("_read", "_forget", "_take"):
        with monkeypatch.context() as patched:
            patched.setattr(counts, step, _store_is_gone)
            with pytest.raises(redis.ConnectionError):
                counts.flush()
    counts.flush()
    assert totals() == EVERYTHING


def test_what_is_counted_while_flushing_waits_for_the_next_round(
    counted: list[KeySecret], count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = counts._write

    def write_and_be_overtaken(sums: tally.Sums) -> None:
        write(sums)
        count(counted[0], calls=5)

    with monkeypatch.context() as patched:
        patched.setattr(counts, "_write", write_and_be_overtaken)
        counts.flush()
    assert totals() == EVERYTHING
    counts.flush()
    assert totals()["minutes"] == (15, 35)


def test_what_the_database_refuses_waits_and_holds_up_nobody_else(
    counted: list[KeySecret], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, write = counted[0].key.organization_id, counts._write

    def picky(sums: tally.Sums) -> None:
        if any(of.organization == refused for of in sums.calls_by_minute):
            raise DatabaseError("not this one")
        write(sums)

    with monkeypatch.context() as patched:
        patched.setattr(counts, "FIELDS_AT_ONCE", 1)
        patched.setattr(counts, "_write", picky)
        with pytest.raises(DatabaseError):
            counts.flush()
    assert totals()["minutes"] == (5, 15)
    counts.flush()
    assert totals() == EVERYTHING


@pytest.mark.django_db(transaction=True)
def test_flushes_at_once_count_everything_once(
    counted: list[KeySecret], count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read every batch before either writes; in opposite orders, so that unsorted writes would deadlock."""
    monkeypatch.setattr(counts, "FIELDS_AT_ONCE", 3)
    both_have_read = threading.Barrier(2)
    packed, failures = counts._packed, []

    def read_together(batches: Any) -> Any:
        packs = list(packed(batches))
        both_have_read.wait(10)
        return packs if threading.current_thread().name == "first" else packs[::-1]

    def run() -> None:
        try:
            counts.flush()
        except (DatabaseError, redis.RedisError, threading.BrokenBarrierError) as error:
            failures.append(error)
        finally:
            connections.close_all()

    for round in range(5):
        for secret in counted if round else []:
            count(secret, calls=4, units=3)
            count(secret, code="PAUSED", units=3)
        with monkeypatch.context() as patched:
            patched.setattr(counts, "_packed", read_together)
            threads = [threading.Thread(target=run, name=name) for name in ("first", "second")]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
    assert failures == []
    counts.flush()
    assert totals()["minutes"] == (10 + 4 * 10, 30 + 4 * 30)
    assert totals()["callers"] == (9 + 4 * 8, 1 + 4 * 2)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_lost_before_the_commit_counts_once(
    counted: list[KeySecret], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = counts._write

    def write_and_lose(sums: tally.Sums) -> None:
        write(sums)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patched:
        patched.setattr(counts, "_write", write_and_lose)
        with pytest.raises(DatabaseError):
            counts.flush()
    connections.close_all()
    assert not DecisionHour.objects.exists()
    counts.flush()
    assert totals() == EVERYTHING
    assert SecretHour.objects.count() == 3
    assert models.FlushReceipt.objects.count() == 2


def _store_is_gone(*args: object) -> None:
    raise redis.ConnectionError("gone")
