"""What the rollups say is what the ledger adds up to, whatever was sent, in whatever order, however often."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.models import KeySecret
from metering import ledger
from metering.models import Generation, UsageDay, UsageHour
from tests.metering.conftest import Item, Report, generation, put, rollups_equal_the_ledger

SPREAD = timedelta(hours=7)


@pytest.fixture
def pool(live: KeySecret, sandbox: KeySecret, hers: KeySecret, now: datetime) -> list[Item]:
    """Items of every kind: of two organizations, live and test, late or without a period, with keys, on many days."""
    put(hers.key.organization, f"{now:%Y-%m}", "final")
    secrets, resolutions = [live, sandbox, hers], ["1K", "2K", None]
    return [
        generation(
            secrets[n % 3],
            now - n * SPREAD,
            api_version="v2" if n % 2 else "v1",
            outcome="failed" if n % 5 == 0 else "succeeded",
            resolution=resolutions[n % 4 % 3],
            aspect_ratio="16:9" if n % 6 else None,
            failure_cause="engine" if n % 10 == 0 else None,
            units=n % 7 + 1,
            idempotency_key=f"shot-{n % 37}" if n % 2 else None,
        )
        for n in range(110)
    ]


_sent = st.lists(
    st.lists(
        st.tuples(st.integers(0, 109), st.sampled_from([{}, {"units": 9}, {"units": 0}, {"key": 5}])), max_size=25
    ),
    max_size=5,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(batches=_sent, organizations=st.integers(1, 3))
def test_rollups_equal_the_ledger_always(
    batches: list[list[tuple[int, dict[str, Any]]]], organizations: int, pool: list[Item], now: datetime
) -> None:
    before = set(map(str, Generation.objects.values_list("generation_id", flat=True)))
    accepted = []
    ledger.ORGANIZATIONS_AT_ONCE = organizations
    try:
        for batch in batches:
            items = [{**pool[number], **change} for number, change in batch]
            told = ledger.append(items=items, source="gw", gateway="gwc_test", now=now)
            accepted += [result["generation_id"] for result in told if result["status"].startswith("accepted")]
    finally:
        ledger.ORGANIZATIONS_AT_ONCE = 64
    after = set(map(str, Generation.objects.values_list("generation_id", flat=True)))
    assert sorted(accepted) == sorted(after - before)
    assert rollups_equal_the_ledger()


def test_an_hour_and_a_day_are_utc(live: KeySecret, now: datetime, report: Report) -> None:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    report(generation(live, midnight), generation(live, midnight - timedelta(milliseconds=1)))
    assert list(UsageHour.objects.order_by("hour").values_list("hour", flat=True)) == [
        midnight - timedelta(hours=1),
        midnight,
    ]
    assert list(UsageDay.objects.order_by("day").values_list("day", flat=True)) == [
        (midnight - timedelta(days=1)).date(),
        midnight.date(),
    ]


def test_live_and_test_keys_and_outcomes_are_counted_apart(
    live: KeySecret, sandbox: KeySecret, now: datetime, report: Report
) -> None:
    report(
        generation(live, now),
        generation(live, now, outcome="failed"),
        generation(sandbox, now),
        generation(live, now, api_version="v1"),
    )
    counted = UsageDay.objects.values_list("environment", "outcome", "api_version", "generations")
    assert sorted(counted) == [
        ("live", "failed", "v2", 1),
        ("live", "succeeded", "v1", 1),
        ("live", "succeeded", "v2", 1),
        ("test", "succeeded", "v2", 1),
    ]


def test_a_failure_while_counting_stores_nothing(
    live: KeySecret, now: datetime, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("the connection broke")

    monkeypatch.setattr("metering.insertion.standing", fail)
    with pytest.raises(RuntimeError):
        report(generation(live, now))
    assert (Generation.objects.count(), UsageDay.objects.count(), UsageHour.objects.count()) == (0, 0, 0)
