"""A sum of the ledger and a report that is settled meanwhile never miss each other, and never count twice."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.utils import timezone

from keys.limits import store, windows
from keys.limits.windows import Totals, Window
from metering import quotas, window_sweep, windows_settled
from tests.at_once import at_once
from tests.gateway.quotas.conftest import Customer

pytestmark = pytest.mark.django_db(transaction=True)

Sweep = Callable[[], None]


class Held:
    """Reports that are committed, and of which the counter store has not been told yet."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._tell, self._monkeypatch = windows_settled.tell, monkeypatch
        self._told: list[tuple[Any, Any, str]] = []
        monkeypatch.setattr(windows_settled, "tell", self._hold)

    def _hold(self, batch: Any, candidates: Any, *, transaction: str = "") -> None:
        self._told.append((batch, candidates, transaction))

    def let_go(self) -> None:
        self._monkeypatch.setattr(windows_settled, "tell", self._tell)
        for batch, candidates, transaction in self._told:
            self._tell(batch, candidates, transaction=transaction)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    return Held(monkeypatch)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], object]]]:
    """What is done between the moment in which a sum is read and that in which it is written."""
    acts: list[Callable[[], object]] = []
    read = quotas.sums

    def sums(asked: Sequence[Window]) -> Totals:
        found = read(asked)
        while acts:
            acts.pop(0)()
        return found

    monkeypatch.setattr(quotas, "sums", sums)
    return acts


def lose(valkey: redis.Redis, customer: Customer) -> None:
    """Lose the counters themselves."""
    valkey.delete(*valkey.keys(f"{{{customer.organization.id}}}:window:*"))


def test_what_is_settled_after_a_sum_that_has_seen_it_is_not_added(customer: Customer, held: Held) -> None:
    customer.limit()
    customer.report(customer.generation())
    customer.admit()
    assert customer.used() == [2]
    held.let_go()
    assert customer.used() == [2]


def test_what_a_sweep_has_seen_is_not_added_when_it_is_settled_late(
    customer: Customer, held: Held, sweep: Sweep
) -> None:
    customer.limit()
    customer.admit("a")
    customer.report(customer.generation("a"))
    sweep()
    # Still open, and in the ledger too: until it is settled.
    assert customer.used() == [2]
    held.let_go()
    assert (customer.used(), customer.open()) == ([1], 0)


def test_what_is_settled_while_the_sum_is_read_is_added_to_it(customer: Customer, meanwhile: list[Any]) -> None:
    customer.limit()
    meanwhile.append(lambda: customer.report(customer.generation()))
    customer.admit()
    assert customer.used() == [2]


def test_what_is_settled_while_a_sweep_reads_is_added_to_it(
    customer: Customer, meanwhile: list[Any], sweep: Sweep
) -> None:
    customer.limit()
    customer.admit("a")
    meanwhile.append(lambda: customer.report(customer.generation("a"), customer.generation()))
    sweep()
    assert (customer.used(), customer.open()) == ([2], 0)
    sweep()
    assert customer.used() == [2]


def test_what_was_committed_before_the_sum_and_settled_while_it_is_read_counts_once(
    customer: Customer, held: Held, meanwhile: list[Any], sweep: Sweep
) -> None:
    customer.limit()
    customer.admit()
    customer.report(customer.generation())
    meanwhile.append(held.let_go)
    sweep()
    assert customer.used() == [2]


def test_a_store_that_is_emptied_while_a_sum_is_read_is_asked_again(
    customer: Customer, meanwhile: list[Any], held: Held
) -> None:
    valkey = customer.valkey
    customer.limit()
    customer.report(customer.generation())
    # With the mark it is forgotten what was settled.
    meanwhile.append(lambda: (valkey.flushdb(), customer.report(customer.generation())))
    assert customer.admit()["code"] == "VALID"
    assert customer.used() == [3]


def test_two_that_seed_at_once_seed_once(customer: Customer) -> None:
    customer.limit()
    customer.report(*(customer.generation() for _ in range(3)))
    at_once(*[customer.admit] * 4)
    assert (customer.used(), customer.open()) == ([7], 4)


def test_a_missing_counter_is_never_zero(customer: Customer) -> None:
    customer.limit(3)
    customer.report(*(customer.generation() for _ in range(3)))
    assert customer.admit()["code"] == "QUOTA_EXCEEDED"
    lose(customer.valkey, customer)
    assert customer.admit()["code"] == "QUOTA_EXCEEDED"
    customer.valkey.flushdb()
    assert customer.admit()["code"] == "QUOTA_EXCEEDED"


def test_a_process_that_dies_between_commit_and_settling_loses_nothing(
    customer: Customer, held: Held, sweep: Sweep
) -> None:
    customer.limit()
    customer.admit("a")
    customer.report(customer.generation("a"), customer.generation("b"))
    assert customer.used() == [1]
    sweep()
    end_open(customer)
    sweep()
    assert (customer.used(), customer.open()) == ([2], 0)


def test_a_report_that_comes_after_its_units_were_given_back_counts(customer: Customer, sweep: Sweep) -> None:
    customer.limit()
    customer.admit("a")
    end_open(customer)
    sweep()
    assert (customer.used(), customer.open()) == ([0], 0)
    customer.report(customer.generation("a"))
    assert (customer.used(), customer.open()) == ([1], 0)


def test_what_is_reported_while_the_store_is_away_fails_no_report_and_is_counted_by_the_sweep(
    customer: Customer, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer.limit()
    customer.admit("a")
    with monkeypatch.context() as away:
        away.setattr(store, "current", lambda: store.Store("unix:///nowhere.sock"))
        assert customer.report(customer.generation(), customer.generation("a")) == ["accepted", "accepted"]
    assert customer.used() == [1]
    end_open(customer)
    sweep()
    assert customer.used() == [2]


def test_reports_and_sweeps_at_once_end_with_what_the_ledger_says(customer: Customer, sweep: Sweep) -> None:
    customer.limit()
    customer.admit()
    done = threading.Event()

    def swept() -> int:
        times = 0
        while not done.wait(0.01):
            sweep()
            times += 1
        return times

    def reported() -> int:
        try:
            for number in range(40):
                customer.admit(str(number))
                customer.report(customer.generation(str(number)), customer.generation())
        finally:
            done.set()
        return 0

    sweeps, _ = at_once(swept, reported)
    assert sweeps > 2
    # One is open still. No sweep afterwards: none of them may have missed anything.
    assert (customer.used(), customer.open()) == ([81], 1)


def end_open(customer: Customer) -> None:
    """Have everything that is open be older than a job runs."""
    for name in customer.valkey.keys(f"{{{customer.organization.id}}}:window:*:open"):
        for member in customer.valkey.zrange(name, 0, -1):
            customer.valkey.zadd(name, {member: (timezone.now() - timedelta(minutes=1)).timestamp() * 1_000})


def test_windows_of_requests_are_written_down_and_read_again(customer: Customer, sweep: Sweep) -> None:
    customer.limit(5, dimension="requests", window="day", name="calls")
    for _ in range(3):
        customer.admit()
    sweep()
    customer.valkey.flushdb()
    customer.admit()
    assert customer.used("requests:any:day") == [4]
    sweep()
    customer.valkey.flushdb()
    assert [customer.admit()["code"] for _ in range(2)] == ["VALID", "QUOTA_EXCEEDED"]


def test_counters_of_windows_long_over_are_forgotten(customer: Customer, sweep: Sweep) -> None:
    customer.limit(window="day")
    customer.admit()
    assert customer.valkey.hlen(windows.counted_key(customer.organization.id)) == 1
    window_sweep.run(at=timezone.now() + timedelta(days=3))
    assert customer.valkey.hlen(windows.counted_key(customer.organization.id)) == 0
