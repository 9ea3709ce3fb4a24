"""What is admitted counts until it is reported; what is reported counts by what became of it, each once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from keys import actions
from keys.limits import store, windows
from metering import quotas
from tests.cast import ACTOR
from tests.factories import SecretFactory
from tests.gateway.quotas.conftest import Customer
from tests.keys.limits import examples

DAY = timedelta(days=1)

JOBS: dict[str, Any] = {"name": "jobs", "kind": "concurrency", "window": None, "dimension": "requests"}


def test_a_report_that_succeeded_takes_the_place_of_its_admission(customer: Customer) -> None:
    customer.limit()
    customer.admit("a")
    assert (customer.used(), customer.open()) == ([1], 1)
    assert customer.report(customer.generation("a")) == ["accepted"]
    assert (customer.used(), customer.open()) == ([1], 0)


def test_a_report_that_failed_gives_its_units_back(customer: Customer) -> None:
    customer.limit(dimension="units")
    customer.admit("a", units=7)
    assert customer.used("units:any:month") == [7]
    customer.report(customer.generation("a", outcome="failed", units=7))
    assert (customer.used("units:any:month"), customer.open()) == ([0], 0)


def test_what_cost_something_else_than_expected_counts_as_reported(customer: Customer) -> None:
    customer.limit(dimension="units")
    customer.admit("a", units=7)
    customer.report(customer.generation("a", units=3))
    assert (customer.used("units:any:month"), customer.open()) == ([3], 0)


def test_a_second_report_adds_nothing_and_ends_what_is_open(customer: Customer) -> None:
    customer.limit()
    first = customer.generation("a")
    customer.admit("a")
    assert customer.report(first, first) == ["accepted", "duplicate"]
    assert (customer.used(), customer.open()) == ([1], 0)
    customer.admit("b")
    assert customer.report({**first, "request_id": "b"}) == ["duplicate"]
    assert (customer.used(), customer.open()) == ([1], 0)


def test_a_report_without_a_request_id_is_found_by_its_lease(customer: Customer) -> None:
    customer.limit(dimension="units")
    customer.limit(4, **JOBS)
    lease = customer.admit(units=5)["lease"]["id"]
    customer.report(customer.generation(None, lease=lease, units=5))
    assert (customer.used("units:any:month"), customer.open()) == ([5], 0)
    assert customer.valkey.zcard(f"{{{customer.organization.id}}}:jobs:organization:requests:any") == 0


def test_a_lease_that_nobody_signed_and_one_of_somebody_else_fail_no_report(customer: Customer) -> None:
    customer.limit()
    other = SecretFactory()
    customer.limit(
        4, name="jobs", kind="concurrency", window=None, dimension="requests", organization=other.key.organization
    )
    lease = customer.gateway.validate(other)["lease"]["id"]
    customer.admit("a")
    made = [customer.generation(None, lease=one) for one in ("none", lease)]
    assert customer.report(*made) == ["accepted", "accepted"]
    assert (customer.used(), customer.open()) == ([3], 1)
    assert customer.valkey.zcard(f"{{{other.key.organization_id}}}:jobs:organization:requests:any") == 1


def test_test_keys_meet_no_quota_of_generations_and_count_towards_none(customer: Customer) -> None:
    customer.limit(1)
    customer.limit(5, name="calls", dimension="requests", window="day")
    tried = SecretFactory(key__organization=customer.organization, key__environment="test")
    for number in range(3):
        told = customer.admit(str(number), secret=tried)
        assert [one["name"] for one in told["limits"] if one["kind"] == "window"] == ["calls"]
        customer.report(customer.generation(str(number), secret=tried))
    customer.admit("live")
    assert (customer.used(), customer.used("requests:any:day")) == ([1], [4])


def test_a_report_makes_no_counter(customer: Customer, sweep: Callable[[], None]) -> None:
    customer.limit()
    customer.report(customer.generation())
    sweep()
    assert customer.used() == []
    customer.admit()
    assert customer.used() == [2]


def test_a_report_counts_only_in_windows_of_its_version_and_key(customer: Customer) -> None:
    other = SecretFactory(key__organization=customer.organization)
    customer.limit(name="v1", api_version="v1")
    customer.limit(name="mine", key=customer.secret.key)
    for version in ("v1", "v2"):
        customer.admit(secret=other, api_version=version)
        customer.admit(version, api_version=version)
    customer.report(*(customer.generation(version, api_version=version) for version in ("v1", "v2")))
    customer.report(customer.generation(secret=other))
    assert (customer.used("generations:v1:month"), customer.open()) == ([2], 1)
    assert customer.used(owner=f"key:{customer.secret.key_id}") == [2]


def test_what_is_reported_late_counts_in_the_window_in_which_it_happened(customer: Customer) -> None:
    customer.limit(window="day")
    customer.admit("a")
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    before = examples.window(dimension="generations", owner="organization", start=today - DAY)
    whose = {"organization": customer.organization.id, "key": customer.secret.key_id}
    windows.seed(store.current(), before, at=today - DAY, sums=quotas.sums, **whose)
    customer.report(customer.generation("a", today - timedelta(milliseconds=1)))
    assert (customer.used("generations:any:day"), customer.open()) == ([1, 0], 0)
    customer.report(customer.generation(None, today))
    assert customer.used("generations:any:day") == [1, 1]


def test_a_term_that_is_made_longer_is_counted_for_longer(customer: Customer, sweep: Callable[[], None]) -> None:
    now = timezone.now()
    ends = [(now + days * DAY).replace(microsecond=0) for days in (1, 9)]
    rule = customer.limit(window="term", effective=DateTimeTZRange(now - DAY, ends[0], "[)"))
    customer.admit()
    actions.move_limit_end(rule=rule, actor=ACTOR, ends_at=ends[1], reason="a longer pilot")
    sweep()
    ((name, told),) = customer.valkey.hgetall(windows.counted_key(customer.organization.id)).items()
    window = msgspec.json.decode(told.partition(b"\n")[0], type=windows.Window)
    assert window.ends_at == ends[1]
    assert customer.valkey.pexpiretime(name) == int((ends[1] + DAY).timestamp() * 1_000)
    assert customer.used("generations:any:term") == [1]


def test_a_replay_gives_its_admission_back_and_counts_towards_nothing(customer: Customer) -> None:
    customer.limit()
    customer.admit("a")
    customer.admit("b")
    assert (customer.used(), customer.open()) == ([2], 2)
    first, second = (customer.generation(one, idempotency_key="shot-12") for one in ("a", "b"))
    assert customer.report(first, second) == ["accepted", "duplicate"]
    assert (customer.used(), customer.open()) == ([1], 0)
