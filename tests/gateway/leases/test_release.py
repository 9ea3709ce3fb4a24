"""Releasing a lease: the job's room is free at once, however often it is said."""

import redis

from keys.models import KeySecret
from tests.gateway.conftest import Gateway
from tests.gateway.leases.conftest import jobs, quota, remaining
from tests.gateway.leases.test_renew import altered, taken
from tests.gateway.test_problems import assert_problem


def test_the_room_is_free_at_once(calling: Gateway, busy: KeySecret) -> None:
    lease = taken(calling, busy)
    response = calling.release(lease["id"])
    assert (response.status_code, response.content) == (204, b"")
    assert calling.validate(busy)["code"] == "VALID"


def test_released_twice_frees_one_job(calling: Gateway, busy: KeySecret) -> None:
    first = taken(calling, busy)
    assert calling.release(first["id"]).status_code == 204
    taken(calling, busy)
    assert calling.release(first["id"]).status_code == 204
    assert calling.validate(busy)["code"] == "CONCURRENCY_LIMITED"


def test_renewing_it_afterwards_is_a_410(calling: Gateway, busy: KeySecret) -> None:
    lease = taken(calling, busy)
    calling.release(lease["id"])
    assert_problem(calling.renew(lease["id"]), 410)
    assert remaining(calling, busy, "jobs") == 1


def test_it_is_remembered_for_as_long_as_it_could_have_been_renewed(
    calling: Gateway, busy: KeySecret, workers_valkey: redis.Redis
) -> None:
    calling.release(taken(calling, busy)["id"])
    [name] = workers_valkey.keys("*:over:*")
    assert 86_000 < workers_valkey.ttl(name) <= 86_400


def test_one_whose_time_is_over_leaves_nothing(calling: Gateway, busy: KeySecret, workers_valkey: redis.Redis) -> None:
    lease = taken(calling, busy)
    assert calling.release(altered(lease["id"], last_end=1)).status_code == 204
    assert workers_valkey.keys("*:over:*") == []
    assert remaining(calling, busy, "jobs") == 1


def test_what_was_not_reported_is_given_back_to_the_quota_once(calling: Gateway, busy: KeySecret) -> None:
    quota(busy, 10, dimension="units")
    jobs(busy, 9, api_version="v2")
    lease = taken(calling, busy, units=4)
    assert remaining(calling, busy, "day") == 6
    for _ in range(2):
        calling.release(lease["id"])
        assert remaining(calling, busy, "day") == 10


def test_what_it_gives_back_is_not_given_back_once_more_when_its_time_is_over(
    calling: Gateway, busy: KeySecret, workers_valkey: redis.Redis
) -> None:
    quota(busy, 10)
    lease = taken(calling, busy)
    calling.release(lease["id"])
    assert workers_valkey.keys("*:open") == []
    taken(calling, busy)
    assert remaining(calling, busy, "day") == 9


def test_the_same_request_admitted_anew_is_another_job(
    calling: Gateway, busy: KeySecret, workers_valkey: redis.Redis
) -> None:
    first = taken(calling, busy, request_id="r")
    calling.release(altered(first["id"], last_end=1_000))
    # As if a quarter of an hour had passed since; of what was released nothing is remembered in any case.
    assert workers_valkey.keys("*:replay:*") == []
    earlier, again = altered(first["id"], last_end=4_000_000_000_000), taken(calling, busy, request_id="r")
    calling.release(first["id"])
    assert calling.renew(altered(again["id"], last_end=4_000_000_000_000)).status_code == 200
    calling.release(earlier)
    assert_problem(calling.renew(again["id"]), 410)


def test_a_rate_gives_nothing_back(calling: Gateway, busy: KeySecret) -> None:
    lease = taken(calling, busy)
    before = remaining(calling, busy, "v2-minute")
    calling.release(lease["id"])
    assert remaining(calling, busy, "v2-minute") in (before, before + 1)


def test_what_is_open_after_the_last_one_was_released_is_let_go_with_its_window(
    calling: Gateway, busy: KeySecret, workers_valkey: redis.Redis
) -> None:
    quota(busy, 10)
    jobs(busy, 9, api_version="v2")
    calling.release(taken(calling, busy)["id"])
    taken(calling, busy)
    [name] = workers_valkey.keys("*:open")
    assert workers_valkey.ttl(name) > 0


def test_the_same_request_is_admitted_anew_and_counted(calling: Gateway, busy: KeySecret) -> None:
    first = calling.validate(busy, request_id="r")["lease"]
    calling.release(first["id"])
    again = calling.validate(busy, request_id="r")
    assert again["lease"]["id"] != first["id"]
    assert calling.validate(busy, request_id="another")["code"] == "CONCURRENCY_LIMITED"
    # The job of now does not end because that of then is released once more.
    calling.release(first["id"])
    assert calling.validate(busy, request_id="r")["lease"]["id"] == again["lease"]["id"]
    assert calling.renew(again["lease"]["id"]).status_code == 200


def test_what_was_admitted_without_a_job_gets_none_by_asking_again(calling: Gateway, busy: KeySecret) -> None:
    assert calling.validate(busy, request_id="r", lease=False)["code"] == "VALID"
    again = calling.validate(busy, request_id="r")
    assert (again["code"], again["lease"]) == ("VALID", None)
    assert remaining(calling, busy, "jobs") == 1
