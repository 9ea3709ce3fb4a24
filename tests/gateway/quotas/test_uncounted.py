"""What was admitted while the counter store was away is counted once it is back: in each limit, and each once."""

from pathlib import Path
from unittest import mock

import pytest

from axis_admin.gateway import metrics
from keys import counts
from keys.limits import limiter, store, uncounted
from keys.models import DecisionMinute
from tests.factories import RuleFactory
from tests.gateway.quotas.conftest import Customer
from tests.gateway.quotas.test_settle import JOBS


class Away:
    """Has the counter store be away, for this process."""

    def __init__(self, folder: Path) -> None:
        away = store.Store(f"unix://{folder}/nothing.sock")
        self._patched = [
            mock.patch.object(limiter, "limiter", return_value=limiter.Limiter(away)),
            mock.patch.object(store, "current", return_value=away),
        ]

    def __enter__(self) -> None:
        for one in self._patched:
            one.start()

    def __exit__(self, *_: object) -> None:
        for one in self._patched:
            one.stop()


@pytest.fixture
def away(tmp_path: Path) -> Away:
    return Away(tmp_path)


def outcomes() -> dict[str, float]:
    return {one: metrics.UNCOUNTED.labels(one)._value.get() for one in ("counted", "known", "lost")}


def test_they_spend_from_every_limit_and_each_once(customer: Customer, away: Away) -> None:
    customer.limit()
    customer.limit(name="calls", dimension="requests", window="day")
    customer.limit(9, **JOBS)
    RuleFactory(organization=customer.organization, period_s=86_400, limit=1, burst=10)
    with away:
        assert [customer.admit(one, units=3)["degraded"] for one in ("a", "b", "a", None)] == [True] * 4
        uncounted.count()
    assert uncounted.waiting() == 4
    before = outcomes()
    uncounted.count()
    assert uncounted.waiting() == 0
    assert outcomes() == {**before, "counted": before["counted"] + 3, "known": before["known"] + 1}
    told = {one["name"]: one for one in customer.admit("c")["limits"]}
    assert (told["quota"]["remaining"], told["calls"]["remaining"]) == (96, 96)
    assert (told["jobs"]["remaining"], told["v2-minute"]["remaining"]) == (5, 6)
    counts.flush()
    minutes = DecisionMinute.objects.filter(organization=customer.organization, code="VALID")
    assert sum(one.calls for one in minutes) == 4
    assert sum(one.units for one in minutes) == 10


def test_what_was_admitted_so_is_known_by_its_request_id(customer: Customer, away: Away) -> None:
    customer.limit()
    with away:
        first = customer.admit("a")
    uncounted.count()
    assert customer.admit("a")["decision_id"] == first["decision_id"]
    customer.report(customer.generation("a", outcome="failed"))
    assert (customer.used(), customer.open()) == ([0], 0)


def test_what_the_store_had_counted_before_it_went_is_not_counted_again(customer: Customer, away: Away) -> None:
    customer.limit()
    customer.admit("a")
    with away:
        customer.admit("a")
    uncounted.count()
    assert customer.used() == [1]


def test_nothing_is_refused_and_over_the_limit_is_over_the_limit(customer: Customer, away: Away) -> None:
    customer.limit(2)
    with away:
        for number in range(5):
            customer.admit(str(number))
    uncounted.count()
    assert customer.used() == [5]
    assert customer.admit("z")["code"] == "QUOTA_EXCEEDED"


def test_an_outage_leaves_the_rate_as_if_each_call_had_been_counted_when_it_came(
    customer: Customer, away: Away
) -> None:
    # Ten at once at most, and one flows back each day.
    RuleFactory(organization=customer.organization, period_s=86_400, limit=1, burst=10)
    with away:
        for _ in range(30):
            customer.admit()
    uncounted.count()
    told = customer.admit()
    assert told["code"] == "RATE_LIMITED"
    # No more than what a full bucket owes.
    assert 86_000_000 <= told["retry_after_ms"] <= 86_400_000


def test_no_more_are_put_down_than_there_is_room_for(
    customer: Customer, away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uncounted, "MOST_WAITING", 2)
    before = outcomes()
    with away:
        for _ in range(5):
            customer.admit()
    assert uncounted.waiting() == 2
    assert outcomes()["lost"] == before["lost"] + 3


def test_what_is_only_asked_is_not_put_down(customer: Customer, away: Away) -> None:
    with away:
        customer.admit(admit=False)
    assert uncounted.waiting() == 0
