"""Renewing a lease: the job goes on counting, whatever became of the counter store."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import redis

from axis_admin.gateway import metrics
from keys.gateways import Scope
from keys.limits import leases, store
from keys.models import KeySecret
from tests.gateway.conftest import Gateway
from tests.gateway.leases.conftest import jobs, quota, remaining
from tests.gateway.test_problems import assert_problem


def taken(gateway: Gateway, secret: KeySecret, **fields: Any) -> dict[str, Any]:
    """Have a call admitted, and return its lease."""
    answer = gateway.validate(secret, **fields)
    assert answer["code"] == "VALID", answer
    lease: dict[str, Any] = answer["lease"]
    return lease


def until(lease: dict[str, Any]) -> timedelta:
    """How long it lasts from now on."""
    return datetime.fromisoformat(lease["expires_at"].replace("Z", "+00:00")) - datetime.now(UTC)


def altered(lease: str, **fields: Any) -> str:
    """The same lease, signed with other values."""
    return leases.signed(msgspec.structs.replace(leases.read(lease), **fields))


def test_an_admission_takes_a_lease_where_running_jobs_are_limited(calling: Gateway, busy: KeySecret) -> None:
    lease = taken(calling, busy)
    assert lease["renew_every_s"] == 40
    assert timedelta(seconds=110) < until(lease) <= timedelta(seconds=120)
    assert calling.validate(busy)["code"] == "CONCURRENCY_LIMITED"


def test_it_is_told_as_it_is_and_lasts_longer(calling: Gateway, busy: KeySecret, workers_valkey: redis.Redis) -> None:
    lease = taken(calling, busy)
    [name] = workers_valkey.keys("*:jobs:*")
    workers_valkey.zincrby(name, -60_000, workers_valkey.zrange(name, 0, 0)[0])
    response = calling.renew(lease["id"])
    assert response.status_code == 200
    renewed = response.json()["lease"]
    assert (renewed["id"], renewed["renew_every_s"]) == (lease["id"], 40)
    assert until(renewed) > timedelta(seconds=110)
    [(_, ends)] = workers_valkey.zrange(name, 0, 0, withscores=True)
    assert ends / 1_000 - datetime.now(UTC).timestamp() > 110


def test_one_that_nobody_renews_ends_by_itself(calling: Gateway, busy: KeySecret, workers_valkey: redis.Redis) -> None:
    taken(calling, busy)
    [name] = workers_valkey.keys("*:jobs:*")
    # As if its gateway had been killed two minutes ago.
    workers_valkey.zincrby(name, -121_000, workers_valkey.zrange(name, 0, 0)[0])
    assert calling.validate(busy)["code"] == "VALID"


def test_a_job_goes_on_counting_after_the_store_was_lost(
    calling: Gateway, busy: KeySecret, workers_valkey: redis.Redis
) -> None:
    quota(busy, 10)
    lease = taken(calling, busy)
    workers_valkey.flushdb()
    assert (remaining(calling, busy, "jobs"), remaining(calling, busy, "day")) == (1, 10)
    assert calling.renew(lease["id"]).status_code == 200
    assert (remaining(calling, busy, "jobs"), remaining(calling, busy, "day")) == (0, 9)
    assert calling.renew(lease["id"]).status_code == 200
    assert remaining(calling, busy, "day") == 9


def test_what_is_open_is_counted_also_where_the_quota_is_counted_only_afterwards(
    calling: Gateway, busy: KeySecret, workers_valkey: redis.Redis
) -> None:
    quota(busy, 10, dimension="units")
    lease = taken(calling, busy, units=3)
    workers_valkey.flushdb()
    assert calling.renew(lease["id"]).status_code == 200
    assert remaining(calling, busy, "day") == 7
    [opened] = workers_valkey.keys("*:open")
    [counter] = workers_valkey.keys(opened.decode().removesuffix(":open"))
    assert workers_valkey.pttl(opened) > workers_valkey.pttl(counter)


def test_it_is_renewed_above_the_limit_too(calling: Gateway, busy: KeySecret, workers_valkey: redis.Redis) -> None:
    first = taken(calling, busy)
    workers_valkey.flushdb()
    second = taken(calling, busy)
    assert [calling.renew(one["id"]).status_code for one in (first, second)] == [200, 200]
    assert calling.release(first["id"]).status_code == 204
    assert calling.validate(busy)["code"] == "CONCURRENCY_LIMITED"


def test_by_another_gateway_it_is_a_404(calling: Gateway, busy: KeySecret) -> None:
    lease = taken(calling, busy)
    other = Gateway()
    assert_problem(other.renew(lease["id"]), 404)
    assert_problem(other.release(lease["id"]), 404)
    assert remaining(calling, busy, "jobs") == 0


@pytest.mark.parametrize("text", ["x", "é", "%00", "AAAA", "A" * 3_000, "..%2F.."])
def test_what_nobody_signed_is_a_404(calling: Gateway, text: str) -> None:
    assert calling.renew(text).status_code == 404
    assert calling.release(text).status_code == 404


def test_one_that_was_changed_is_a_404(calling: Gateway, busy: KeySecret) -> None:
    lease = taken(calling, busy)["id"]
    changed = lease[:9] + ("A" if lease[9] != "A" else "B") + lease[10:]
    assert_problem(calling.renew(changed), 404)


def test_it_ends_after_a_day_at_the_latest(calling: Gateway, busy: KeySecret) -> None:
    lease = taken(calling, busy)
    now = int(datetime.now(UTC).timestamp())
    assert leases.read(lease["id"]).last_end == pytest.approx((now + 86_400) * 1_000, abs=30_000)
    short = calling.renew(altered(lease["id"], last_end=(now + 30) * 1_000)).json()["lease"]
    assert timedelta() < until(short) <= timedelta(seconds=30)
    assert_problem(calling.renew(altered(lease["id"], last_end=(now - 1) * 1_000)), 410)


def test_without_the_scope_it_is_a_403(calling: Gateway, busy: KeySecret) -> None:
    lease = taken(calling, busy)
    other = Gateway(scopes=[Scope.USAGE])
    assert_problem(other.renew(lease["id"]), 403)
    assert_problem(other.release(lease["id"]), 403)


def test_while_the_store_is_away_nothing_is_said_and_one_comes_back(
    calling: Gateway, busy: KeySecret, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    lease = taken(calling, busy)
    monkeypatch.setattr(store, "current", lambda: store.Store(f"unix://{tmp_path}/nothing.sock"))
    for response in (calling.renew(lease["id"]), calling.release(lease["id"])):
        assert_problem(response, 503)
        assert response["Retry-After"] == "1"


def test_what_becomes_of_leases_is_counted(calling: Gateway, busy: KeySecret) -> None:
    before = {name: metrics.LEASES.labels(name)._value.get() for name in ("renewed", "released", "over", "unknown")}
    lease = taken(calling, busy)["id"]
    calling.renew(lease), calling.release(lease), calling.renew(lease), calling.renew("x")
    assert {name: metrics.LEASES.labels(name)._value.get() - count for name, count in before.items()} == {
        "renewed": 1, "released": 1, "over": 1, "unknown": 1,
    }  # fmt: skip


def test_several_limits_of_running_jobs_are_renewed_together(
    calling: Gateway, busy: KeySecret, workers_valkey: redis.Redis
) -> None:
    jobs(busy, 5, api_version="v2")
    lease = taken(calling, busy)
    workers_valkey.flushdb()
    calling.renew(lease["id"])
    assert len(workers_valkey.keys("*:jobs:*")) == 2
