"""The days of the SLA say what the ledger says, whatever came in late, and however many workers compute them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.models import KeySecret
from metering import histograms, sla_sweep
from metering.models import Generation, SlaDay
from orgs.models import Organization, Staff
from tests.factories import DecisionHourFactory
from tests.metering.adjustments.conftest import approve, asked, reported
from tests.metering.conftest import Report, generation, midday

FAILED: dict[str, Any] = {"outcome": "failed"}


def days() -> dict[tuple[Any, str], tuple[int, int, int, int]]:
    rows = SlaDay.objects.values_list("day", "api_version", "succeeded", "bad", "excluded", "refused")
    return {(row[0], row[1]): row[2:] for row in rows}


def test_a_day_is_counted_by_whose_fault_it_was(
    live: KeySecret, sandbox: KeySecret, now: datetime, report: Report
) -> None:
    noon = midday(now, days=1)
    report(
        generation(live, noon),
        generation(live, noon, api_version="v1"),
        generation(live, noon, **FAILED, failure_cause="engine"),
        generation(live, noon, **FAILED, failure_cause="timeout"),
        generation(live, noon, **FAILED),
        generation(live, noon, **FAILED, failure_cause="content"),
        generation(live, noon, **FAILED, failure_cause="client"),
        generation(sandbox, noon, **FAILED, failure_cause="engine"),
    )
    assert sla_sweep.run(now=now) == 1
    assert days() == {(noon.date(), "v2"): (1, 3, 2, 0), (noon.date(), "v1"): (1, 0, 0, 0)}


def test_a_call_that_had_no_room_counts_and_a_customers_limit_does_not(
    live: KeySecret, sandbox: KeySecret, now: datetime
) -> None:
    noon, refused = midday(now, days=1), {"organization": live.key.organization, "api_version": "v2"}
    DecisionHourFactory(**refused, key=live.key, hour=noon, code="CAPACITY_EXHAUSTED", calls=4)
    DecisionHourFactory(**refused, key=live.key, hour=noon, code="RATE_LIMITED", calls=90)
    DecisionHourFactory(**refused, key=sandbox.key, hour=noon, code="CAPACITY_EXHAUSTED", calls=7)
    sla_sweep.run(now=now)
    assert days() == {(noon.date(), "v2"): (0, 0, 0, 4)}


def test_durations_and_stages_are_kept_as_histograms(live: KeySecret, now: datetime, report: Report) -> None:
    noon, stages = midday(now, days=1), {"anchor": 900, "interpretation": 1_700, "render": 5_800}
    report(
        generation(live, noon, duration_ms=8_400, stages=stages),
        generation(live, noon, duration_ms=8_400),
        generation(live, noon, duration_ms=0),
        generation(live, noon),
        generation(live, noon, **FAILED, duration_ms=60_000),
    )
    sla_sweep.run(now=now)
    day = SlaDay.objects.get()
    assert histograms.parsed(day.durations) == histograms.histogram([8_400, 8_400, 0])
    assert {stage: histograms.parsed(stored) for stage, stored in day.stages.items()} == {
        stage: histograms.histogram([took]) for stage, took in stages.items()
    }


def test_what_comes_in_late_is_taken_in_and_nothing_else_is_computed(
    live: KeySecret, hers: KeySecret, now: datetime, report: Report
) -> None:
    early, late = midday(now, days=3), midday(now, days=2)
    report(generation(live, early), generation(hers, early), generation(live, late))
    assert sla_sweep.run(now=now) == 3
    assert sla_sweep.run(now=now) == 0
    report(generation(live, early, **FAILED, failure_cause="engine"))
    assert sla_sweep.run(now=now) == 1
    mine = SlaDay.objects.get(organization=live.key.organization, day=early.date())
    assert (mine.succeeded, mine.bad) == (1, 1)


def test_a_short_run_looks_back_a_short_way_and_the_latest_days_come_first(
    live: KeySecret, now: datetime, report: Report
) -> None:
    report(*(generation(live, midday(now, days=n)) for n in (1, 2, 20)))
    assert sla_sweep.run(now=now, most=1) == 1
    assert [day for day, _ in days()] == [midday(now, days=1).date()]
    assert sla_sweep.run(now=now, back=sla_sweep.LATELY) == 1
    assert sla_sweep.run(now=now) == 1


def test_a_void_is_taken_out_of_its_day(
    live: KeySecret, now: datetime, report: Report, billing: Staff, administrator: Staff
) -> None:
    voided = reported(report, live, now, duration_ms=9_000)
    reported(report, live, now, duration_ms=4_000)
    sla_sweep.run(now=now)
    approve(asked(voided, billing), administrator, now)
    assert sla_sweep.run(now=now) == 1
    day = SlaDay.objects.get()
    assert day.succeeded == 1
    assert histograms.parsed(day.durations) == histograms.histogram([4_000])


def test_what_another_worker_computes_is_left_to_it(live: KeySecret, now: datetime, report: Report) -> None:
    report(generation(live, midday(now, days=1)))
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [sla_sweep.lock_of(live.key.organization_id)])
        assert sla_sweep.run(now=now) == 0
    finally:
        other.close()
    assert not SlaDay.objects.exists()


reports = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["v1", "v2"]),
        st.sampled_from(["", "", "engine", "content"]),
        st.integers(1, 40_000),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(reports, min_size=1, max_size=3))
def test_after_every_run_the_days_equal_the_ledger(
    batches: list[list[tuple[int, str, str, int, bool]]],
    live: KeySecret,
    hers: KeySecret,
    now: datetime,
    report: Report,
) -> None:
    for batch in batches:
        report(
            *(
                generation(
                    live if mine else hers,
                    midday(now, days=ago + 1),
                    api_version=version,
                    outcome="failed" if cause else "succeeded",
                    failure_cause=cause or None,
                    duration_ms=took,
                )
                for ago, version, cause, took, mine in batch
            )
        )
        sla_sweep.run(now=now)
        assert days_are_the_ledgers()


def days_are_the_ledgers() -> bool:
    found: dict[Any, list[int]] = {}
    for row in Generation.objects.filter(environment="live", outcome="succeeded"):
        day = row.occurred_at.astimezone(UTC).date()
        found.setdefault((row.organization_id, day, row.api_version), []).append(row.duration_ms or 0)
    kept = {
        (day.organization_id, day.day, day.api_version): histograms.parsed(day.durations)
        for day in SlaDay.objects.filter(succeeded__gt=0)
    }
    return kept == {about: histograms.histogram(took) for about, took in found.items()}


def test_an_organization_without_use_has_no_days(halide: Organization, now: datetime) -> None:
    assert sla_sweep.run(now=now, back=timedelta(days=5)) == 0
    assert not SlaDay.objects.exists()


def test_days_apart_and_days_in_a_row_are_each_computed_once(live: KeySecret, now: datetime, report: Report) -> None:
    ago = [1, 2, 3, 7, 8, 12]
    report(*(generation(live, midday(now, days=n), duration_ms=1_000 * n) for n in ago))
    assert sla_sweep.run(now=now) == len(ago)
    for day in SlaDay.objects.all():
        took = (midday(now).date() - day.day).days * 1_000
        assert histograms.parsed(day.durations) == histograms.histogram([took])
