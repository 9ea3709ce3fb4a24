"""Leases of running jobs last as long as the jobs of late suggest."""

from datetime import datetime, timedelta

import pytest
import redis

from keys import job_lengths
from keys.job_lengths import Measured
from keys.models import JobLength, KeySecret
from metering import lengths, tasks
from orgs import tokens
from tests.metering.conftest import Report, generation

SECOND = timedelta(seconds=1)


def lasting(secret: KeySecret, now: datetime, *milliseconds: int, **fields: object) -> list[dict[str, object]]:
    """Generations that took so long, one a second up to now."""
    return [
        generation(secret, now - each * SECOND, duration_ms=one, **fields) for each, one in enumerate(milliseconds, 1)
    ]


@pytest.mark.parametrize(
    ("p99_ms", "expected"),
    [(0, 60_000), (30_000, 60_000), (30_001, 60_002), (100_000, 200_000), (450_000, 900_000), (9_999_999, 900_000)],
)
def test_a_lease_lasts_twice_as_long_as_a_job_within_a_minute_and_a_quarter_of_an_hour(
    p99_ms: int, expected: int
) -> None:
    assert job_lengths.lease_ms(p99_ms) == expected


def test_ninety_nine_of_a_hundred_are_what_is_told(live: KeySecret, report: Report, now: datetime) -> None:
    report(*lasting(live, now, *range(1_000, 199_000, 1_000), 700_000, 800_000), at=now)
    assert lengths.longest(at=now) == [Measured(live.key.organization_id, "v2", 198_000)]


def test_of_too_few_nothing_is_told(live: KeySecret, report: Report, now: datetime) -> None:
    report(*lasting(live, now, *[5_000] * 99), at=now)
    assert lengths.longest(at=now) == []
    report(generation(live, now, duration_ms=5_000, outcome="failed", failure_cause="timeout"), at=now)
    assert lengths.longest(at=now) == [Measured(live.key.organization_id, "v2", 5_000)]


def test_versions_and_organizations_are_told_apart(
    live: KeySecret, hers: KeySecret, report: Report, now: datetime
) -> None:
    report(*lasting(live, now, *[1_000] * 100), *lasting(live, now, *[2_000] * 100, api_version="v1"), at=now)
    report(*lasting(hers, now, *[3_000] * 100), at=now)
    found = {(one.organization, one.api_version): one.p99_ms for one in lengths.longest(at=now)}
    mine, other = live.key.organization_id, hers.key.organization_id
    assert found == {(mine, "v2"): 1_000, (mine, "v1"): 2_000, (other, "v2"): 3_000}


def test_only_the_last_week_and_the_latest_count(live: KeySecret, report: Report, now: datetime) -> None:
    old = now - timedelta(days=9)
    report(*lasting(live, old, *[90_000] * 100), *lasting(live, now, *[1_000] * 100), at=now)
    assert [one.p99_ms for one in lengths.longest(at=now)] == [1_000]
    report(*lasting(live, now - timedelta(hours=1), *[80_000] * 100), at=now)
    assert [one.p99_ms for one in lengths.longest(at=now, latest=100)] == [1_000]


def test_the_sweep_writes_it_down_and_has_it_read_anew_where_it_changed(
    live: KeySecret, report: Report, now: datetime, workers_valkey: redis.Redis
) -> None:
    organization = live.key.organization_id
    report(*lasting(live, now, *[100_000] * 100), at=now)
    tasks.measure_jobs()
    kept, token = JobLength.objects.get(), workers_valkey.get(tokens.name(organization))
    assert (kept.p99_ms, token is None) == (100_000, False)
    for p99_ms, expected in ((109_000, 100_000), (111_000, 111_000), (101_000, 111_000), (99_000, 99_000)):
        job_lengths.note([Measured(organization, "v2", p99_ms)], at=now)
        assert JobLength.objects.get().p99_ms == expected
        was, token = token, workers_valkey.get(tokens.name(organization))
        assert (was != token) == (p99_ms == expected)
