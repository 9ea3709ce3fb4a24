"""What the explorer reads from sums is what the rollups say, whatever is asked and however much is not summed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.models import KeySecret
from metering import summing
from metering.explorer import Filter, counting, sums
from metering.explorer.counting import Counted, Sums
from metering.models import BillingPeriod, StaleDay
from orgs.models import Organization, Staff
from tests.metering.adjustments.conftest import approve, asked, close, reported
from tests.metering.conftest import Report, generation, midday
from tests.metering.explorer.conftest import Ask
from tests.metering.test_summing import move

ZONE = "America/Sao_Paulo"
_ranges = st.sampled_from(["range=30d", "range=90d", "range=7d", "range=365d", "range=24h", "range=90d&grain=month"])
_by = st.sampled_from(["version", "org", "key", "resolution", "ratio", "tier", "outcome", "cause"])
_narrowed = st.sampled_from(
    [
        "", "resolution=1K", "not_resolution=1K", "resolution=4K&resolution=512", "version=v1", "not_version=v1",
        "outcome=failed", "not_outcome=failed", "cause=engine", "tier=not-said-by-gateway", "ratio=16:9&version=v2",
        "environment=test", "original=any", "original=none", "period=none", "key=NONE", "org=NONE",
    ]
)  # fmt: skip


def _told(counted: Counted) -> tuple[Any, ...]:
    """Return what was counted, courses as numbers."""
    courses: dict[str, dict[str, int]] = {}
    for line, course in counted.courses.items():
        for ordinal, _, value in (pair.partition(":") for pair in course.split()):
            known = courses.setdefault(line, {})
            known[ordinal] = known.get(ordinal, 0) + int(value)
    # What was taken out again to the last one is told as nothing, or not at all.
    moved = {line: kept for line, course in courses.items() if (kept := {at: n for at, n in course.items() if n})}
    slots = {slot: kept for slot, parts in counted.slots.items() if (kept := _used(parts))}
    return slots, _used(counted.lines), moved


def _used(parts: Mapping[Any, Sums]) -> dict[Any, Sums]:
    return {name: summed for name, summed in parts.items() if summed != Sums()}


def _agree(asked: Filter, monkeypatch: pytest.MonkeyPatch) -> None:
    summed = _told(counting.count(asked))
    with monkeypatch.context() as without:
        without.setattr(sums, "of", lambda asked: None)
        assert summed == _told(counting.count(asked))


@pytest.fixture
def mixed(
    used: list[Organization],
    live: KeySecret,
    hers: KeySecret,
    now: datetime,
    report: Report,
    billing: Staff,
    administrator: Staff,
) -> list[Organization]:
    """Usage of which most is summed, some came afterwards, some was voided, and some is of an earlier period."""
    move(used[0], ZONE)
    gone = reported(report, live, midday(now, days=6))
    for period in BillingPeriod.objects.filter(organization=used[1], span__endswith__lte=now):
        close(period, BillingPeriod.State.FINAL)
    summing.run(now=now)
    approve(asked(gone, billing), administrator, now)
    report(*(generation(hers, midday(now, days=days), resolution="512") for days in (2, 11, 34)))
    report(generation(live, now - timedelta(minutes=1), aspect_ratio="3:2"))
    assert StaleDay.objects.count() >= 3
    return [Organization.objects.get(pk=one.pk) for one in used]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(span=_ranges, by=_by, narrowed=_narrowed, inside=st.sampled_from([None, 0, 1]))
def test_sums_and_rollups_say_the_same(
    span: str, by: str, narrowed: str, inside: int | None, mixed: list[Organization], ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    asked = ask(f"{span}&by={by}&{narrowed}", None if inside is None else mixed[inside])
    _agree(asked, monkeypatch)


@pytest.mark.parametrize("by", ["version", "key", "cause"])
def test_billing_periods_and_late_usage_are_told_from_sums(
    by: str, mixed: list[Organization], ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for organization in mixed:
        for period in organization.billing_periods.all():
            asked = ask(f"period={period.label}&by={by}&grain=day", organization)
            assert sums.of(asked) is not None
            _agree(asked, monkeypatch)


def test_days_that_are_summed_are_not_read_from_a_rollup(
    live: KeySecret, now: datetime, report: Report, ask: Ask
) -> None:
    report(generation(live, midday(now, days=3)), generation(live, midday(now, days=4)))
    summing.run(now=now)
    before = counting.count(ask("range=30d&by=resolution")).total
    with connection.cursor() as cursor:
        # What no transaction of ours does: the sums do not know it.
        cursor.execute("UPDATE metering_usageday SET generations = generations + 5")
        assert counting.count(ask("range=30d&by=resolution")).total == before
        assert counting.count(ask("range=30d&by=resolution&tier=dedicated")).total.generations == 12
        cursor.execute("UPDATE metering_usageday SET generations = generations - 5")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("range=30d", ("", "UTC")),
        ("range=30d&by=key", ("key", "UTC")),
        ("range=30d&by=tier&tier=shared&version=v2", ("tier", "UTC")),
        ("range=30d&by=tier&resolution=1K", None),
        ("range=7d&grain=hour", None),
        ("from=2026-11-01T03Z&to=2026-11-09T03Z&grain=day", None),
    ],
)
def test_sums_serve_what_they_tell_apart(query: str, found: tuple[str, str] | None, ask: Ask) -> None:
    assert sums.of(ask(query)) == found


def test_inside_an_organization_its_own_days_are_summed(halide: Organization, ask: Ask) -> None:
    halide.time_zone = ZONE
    assert sums.of(ask("range=30d", halide)) == ("key", ZONE)
    assert sums.of(ask("from=2026-11-01T00Z&to=2026-11-09T00Z&grain=day", halide)) is None


def test_it_is_one_statement(live: KeySecret, now: datetime, report: Report, ask: Ask) -> None:
    report(generation(live, midday(now, days=3)))
    summing.run(now=now)
    with CaptureQueriesContext(
        connection,
    ) as statements:
        counting.count(ask("range=30d&by=ratio&compare=no"))
    assert sum("metering_daysum" in one["sql"] for one in statements.captured_queries) == 1
    assert sum("metering_usageday" in one["sql"] for one in statements.captured_queries) == 1
