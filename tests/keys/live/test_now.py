"""What of each limit is used, which jobs run, and what was refused: as the counters stand in this moment."""

from datetime import datetime, timedelta

import pytest
import redis
from django.utils import timezone

from keys import live
from keys.limits import leases
from keys.live import Now
from keys.models import DecisionMinute, KeySecret, Refusal
from tests.capacity import a_pool, a_reservation
from tests.factories import RuleFactory
from tests.gateway.conftest import Gateway
from tests.gateway.leases.conftest import jobs, quota


def now(secret: KeySecret, *, at: datetime | None = None, names_gateways: bool = True) -> Now:
    return live.now(secret.key.organization, at=at or timezone.now(), names_gateways=names_gateways)


def used(found: Now) -> dict[str, tuple[int | None, int]]:
    """What of each limit is used, and how much there is, by its words."""
    return {one.words + (f" of {one.key}" if one.key else ""): (one.used, one.limit) for one in found.uses}


def test_a_rate_tells_what_of_its_burst_is_used(calling: Gateway, secret: KeySecret) -> None:
    RuleFactory(organization=secret.key.organization, limit=1, period_s=3_600, burst=10, dimension="requests")
    for _ in range(3):
        calling.validate(secret)
    found = now(secret)
    assert used(found)["v2 requests an hour"] == (3, 10)
    assert used(found)["v1 requests a minute"][0] == 0
    [hourly] = [one for one in found.uses if one.words == "v2 requests an hour"]
    assert (hourly.percent, hourly.tone) == (30, "")
    assert hourly.note.startswith("burst, at 1 an hour, all free again in 2 h 59 min")


def test_what_is_owed_flows_back_with_time(calling: Gateway, secret: KeySecret) -> None:
    RuleFactory(organization=secret.key.organization, limit=60, burst=10)
    for _ in range(10):
        calling.validate(secret)
    assert 8 <= (used(now(secret))["v2 requests a minute"][0] or 0) <= 10


@pytest.mark.parametrize("window", ["day", "month"])
def test_a_quota_tells_what_is_used_and_when_it_begins_anew(calling: Gateway, secret: KeySecret, window: str) -> None:
    quota(secret, 10, window=window, dimension="units")
    [before] = [one for one in now(secret).uses if one.words.startswith("Cost units")]
    assert (before.used, before.percent) == (None, None)
    assert before.note.startswith("counted with the next call")
    calling.validate(secret, units=9)
    [after] = [one for one in now(secret).uses if one.words.startswith("Cost units")]
    assert (after.used, after.limit, after.percent, after.tone) == (9, 10, 90, "warn")
    assert after.note.startswith("begins anew in ")


def test_running_jobs_reservations_and_keys_have_lines_of_their_own(calling: Gateway, secret: KeySecret) -> None:
    jobs(secret, 5)
    RuleFactory(key=secret.key, name="jobs", kind="concurrency", api_version=None, period_s=None, burst=None, limit=4)
    pool = a_pool("eu")
    a_reservation(pool, units=1, organization=secret.key.organization)
    for _ in range(3):
        calling.validate(secret)
    found = used(now(secret))
    assert found["Running jobs"] == (3, 5)
    assert found["Running jobs of render-farm"] == (3, 4)
    assert found["Reserved in eu"] == (3, 4)


def test_more_than_there_is_room_for_is_told_as_it_is(calling: Gateway, secret: KeySecret) -> None:
    jobs(secret, 2, mode="warn")
    for _ in range(3):
        calling.validate(secret)
    [line] = [one for one in now(secret).uses if one.words == "Running jobs"]
    assert (line.used, line.limit, line.percent, line.tone) == (3, 2, 150, "bad")
    assert line.note == "running now, only warns"


def test_jobs_are_told_with_their_age_key_and_gateway(calling: Gateway, secret: KeySecret) -> None:
    jobs(secret, 5)
    leases = [calling.validate(secret)["lease"]["id"] for _ in range(2)]
    found = now(secret, at=timezone.now() + timedelta(seconds=70))
    assert found.jobs_in_all == 2
    [one, _] = found.jobs
    assert (one.key, one.gateway, one.job.api_version) == (secret.key, "gw-eu", "v2")
    assert one.age in ("1 min 10 s", "1 min 11 s")
    assert 40 <= int(one.left.removesuffix(" s")) <= 50
    calling.release(leases[0])
    assert now(secret).jobs_in_all == 1


def test_a_job_is_told_by_the_decision_that_the_gateway_was_answered(calling: Gateway, secret: KeySecret) -> None:
    jobs(secret, 5)
    answers = [calling.validate(secret, **fields)["decision_id"] for fields in ({"request_id": "r1"}, {})]
    found = now(secret)
    assert {one.decision for one in found.jobs} == set(answers)
    assert all(one.is_sure for one in found.jobs)


def test_of_a_job_whose_request_is_forgotten_it_is_said_what_its_id_may_be(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    jobs(secret, 5)
    lease = calling.validate(secret, request_id="r1")["lease"]["id"]
    workers_valkey.delete(*workers_valkey.keys("*:replay:*"))
    job = leases.read(lease).job
    [name] = workers_valkey.keys("*:running")
    [member] = workers_valkey.zrange(name, 0, -1)
    *known, began = member.decode().split("|")
    workers_valkey.zadd(name, {"|".join([*known, str(int(began) - 14 * 60 - 1)]): workers_valkey.zscore(name, member)})
    workers_valkey.zrem(name, member)
    [one] = now(secret).jobs
    assert (one.decision, one.is_sure) == (job, False)


def test_a_job_in_the_shared_room_stands_there_too_and_keeps_its_age(calling: Gateway, secret: KeySecret) -> None:
    a_pool(capacity=2)
    lease = calling.validate(secret)["lease"]["id"]
    began = now(secret).jobs[0].job.began_at
    assert calling.renew(lease).status_code == 200
    [one] = now(secret).jobs
    assert one.job.began_at == began


def test_of_very_many_jobs_the_oldest_are_shown(
    calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_JOBS", 2)
    jobs(secret, 5)
    for _ in range(3):
        calling.validate(secret)
    found = now(secret)
    assert (len(found.jobs), found.jobs_in_all, found.has_more_jobs) == (2, 3, True)


def test_who_sees_no_gateways_is_told_their_ids(calling: Gateway, secret: KeySecret) -> None:
    jobs(secret, 5)
    calling.validate(secret)
    assert now(secret, names_gateways=False).jobs[0].gateway == calling.row.uid  # type: ignore[attr-defined]


def test_refusals_of_the_last_hour_are_told_by_limit_and_key(calling: Gateway, secret: KeySecret) -> None:
    jobs(secret, 1)
    for _ in range(4):
        calling.validate(secret)
    [one] = now(secret).refused
    assert (one.code, one.limits, one.key, one.calls) == ("CONCURRENCY_LIMITED", "jobs", secret.key, 3)


def test_older_ones_are_not(secret: KeySecret) -> None:
    at = timezone.now()
    told = {"organization": secret.key.organization, "key": secret.key, "api_version": "v2", "units": 1}
    for minutes, calls in ((59, 4), (61, 7)):
        minute = at - timedelta(minutes=minutes)
        DecisionMinute.objects.create(minute=minute, code="RATE_LIMITED", calls=calls, **told)
        limits = [{"name": "old" if minutes > 60 else "new", "refused": True}, {"name": "other", "refused": False}]
        Refusal.objects.create(
            decision_id=str(minutes), at=minute, organization=told["organization"], key=secret.key,
            code="RATE_LIMITED", api_version="v2", limits=limits,
        )  # fmt: skip
    DecisionMinute.objects.create(minute=at, code="VALID", calls=9, **told)
    [one] = live.refused(secret.key.organization, at=at)
    assert (one.calls, one.limits) == (4, "new")


def test_counts_are_fetched_once_in_a_while_whoever_looks(
    calling: Gateway, secret: KeySecret, workers_valkey: redis.Redis
) -> None:
    jobs(secret, 1)
    for _ in range(2):
        calling.validate(secret)
    assert [one.calls for one in now(secret).refused] == [1]
    calling.validate(secret)
    assert [one.calls for one in now(secret).refused] == [1]
    workers_valkey.delete(*workers_valkey.keys("*:looked-at"))
    assert [one.calls for one in now(secret).refused] == [2]


def test_another_organization_s_are_its_own(calling: Gateway, secret: KeySecret, other_organization: object) -> None:
    jobs(secret, 5)
    calling.validate(secret)
    found = live.now(other_organization, at=timezone.now(), names_gateways=True)  # type: ignore[arg-type]
    assert (list(found.jobs), list(found.refused)) == ([], [])
