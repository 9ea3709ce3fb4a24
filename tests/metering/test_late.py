"""A period that is closing or final takes no more: what happened in it is counted in a later one, and says so."""

from datetime import datetime, timedelta

import pytest
import time_machine

from audit import trail
from keys.models import KeySecret
from metering import history, partitions, period_openings
from metering.models import BillingPeriod, Generation, PeriodSource, UsageDay, UsageHour
from orgs import actions
from tests.factories import SecretFactory
from tests.metering.conftest import Report, generation, put, rollups_equal_the_ledger

State = BillingPeriod.State
MS = timedelta(milliseconds=1)
NOW = datetime.fromisoformat("2026-11-04T12:00:00+00:00")
OCTOBER, NOVEMBER = (datetime.fromisoformat(f"2026-{month}-01T00:00:00+00:00") for month in (10, 11))


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def secret(db: None) -> KeySecret:
    """A key of an organization that was made in September and whose periods are open through December."""
    with time_machine.travel(OCTOBER - timedelta(days=9), tick=False):
        halide = actions.create_organization(actor=trail.SYSTEM, name="Halide & Sons")
    period_openings.open_periods(
        contract=halide.contracts.get(), actor=trail.SYSTEM, through=NOVEMBER + timedelta(days=30)
    )
    return SecretFactory(key__organization=halide)


def _put(secret: KeySecret, **states: str) -> None:
    """Say in which state each period is: `_put(secret, m10="final")`."""
    for month, state in states.items():
        put(secret.key.organization, f"2026-{month.removeprefix('m')}", state)


@pytest.mark.parametrize("state", ["open", "review"])
def test_open_and_review_still_take_it(state: str, secret: KeySecret, report: Report) -> None:
    _put(secret, m10=state)
    (told,) = report(generation(secret, NOVEMBER - MS))
    assert (told["status"], told["code"], told["period"]) == ("accepted", None, "2026-10")
    assert Generation.objects.values_list("late", "original_period").get() == (False, None)


@pytest.mark.parametrize("state", ["closing", "final"])
def test_closing_and_final_do_not_and_the_next_open_one_counts_it(
    state: str, secret: KeySecret, report: Report
) -> None:
    _put(secret, m10=state)
    late, first = report(generation(secret, NOVEMBER - MS, units=3), generation(secret, NOVEMBER))
    assert (late["status"], late["code"], late["period"]) == ("accepted_late", "period_final", "2026-11")
    assert (first["status"], first["code"], first["period"]) == ("accepted", None, "2026-11")
    kept = Generation.objects.get(late=True)
    assert (str(kept.period), str(kept.original_period)) == ("2026-11", "2026-10")
    for rollup in (UsageDay, UsageHour):
        counted = rollup.objects.filter(original_period__label="2026-10").values_list("period__label", "units")
        assert list(counted) == [("2026-11", 3)]
    assert rollups_equal_the_ledger()


def test_the_earliest_open_one_goes_before_one_in_review(secret: KeySecret, report: Report) -> None:
    _put(secret, m09="final", m10="review", m11="open")
    assert report(generation(secret, OCTOBER - MS))[0]["period"] == "2026-11"


def test_without_an_open_one_the_earliest_in_review_counts_it(secret: KeySecret, report: Report) -> None:
    _put(secret, m09="final", m10="closing", m11="review", m12="review")
    assert report(generation(secret, OCTOBER - MS))[0]["period"] == "2026-11"


def test_no_earlier_period_counts_it(secret: KeySecret, report: Report) -> None:
    _put(secret, m09="open", m10="final", m11="final", m12="final")
    (told,) = report(generation(secret, NOVEMBER - MS))
    assert (told["status"], told["period"]) == ("accepted_late", None)
    assert Generation.objects.values_list("period", "original_period__label").get() == (None, "2026-10")


def test_a_period_that_the_contract_owes_is_opened_for_it(secret: KeySecret, report: Report) -> None:
    _put(secret, m09="final", m10="final", m11="final", m12="final")
    later = datetime.fromisoformat("2027-01-02T00:00:00+00:00")
    said = generation(secret, later - timedelta(days=20))
    foreseen = report(said, at=later, dry_run=True)
    assert foreseen == report(said, at=later)
    assert (foreseen[0]["status"], foreseen[0]["period"]) == ("accepted_late", "2027-01")


def test_a_second_report_of_it_is_a_duplicate_in_the_period_that_counts_it(secret: KeySecret, report: Report) -> None:
    said = generation(secret, NOVEMBER - MS)
    report(said)
    _put(secret, m10="final")
    again = generation(secret, NOVEMBER - MS)
    told = report(said, again, again)
    assert [(one["status"], one["period"]) for one in told] == [
        ("duplicate", "2026-10"),
        ("accepted_late", "2026-11"),
        ("duplicate", "2026-11"),
    ]


def test_a_dry_run_foresees_it(secret: KeySecret, report: Report) -> None:
    _put(secret, m09="final", m10="closing")
    batch = [generation(secret, at) for at in (OCTOBER - MS, OCTOBER, NOVEMBER - MS, NOVEMBER)]
    foreseen = report(*batch, *batch, dry_run=True)
    assert not Generation.objects.exists()
    assert foreseen == report(*batch, *batch)


def test_each_source_of_a_period_is_known(secret: KeySecret, report: Report) -> None:
    _put(secret, m10="final")
    report(generation(secret, NOVEMBER - MS), generation(secret, NOW), source="gw-eu-1")
    report(generation(secret, NOW), generation(secret, OCTOBER - MS), source="gw-us-1")
    report(generation(secret, NOW), source="gw-us-1")
    known = PeriodSource.objects.values_list("period__label", "source")
    assert sorted(known) == [("2026-09", "gw-us-1"), ("2026-11", "gw-eu-1"), ("2026-11", "gw-us-1")]


def test_what_was_written_as_history_is_late_too(secret: KeySecret, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its month is there, though it may be further back than the database makes one.
    monkeypatch.setattr(partitions, "ensure_between", lambda first, last: [])
    _put(secret, m10="final")
    key = secret.key
    with time_machine.travel(NOW, tick=False):
        history.write([history.Past(key.organization_id, key.pk, key.environment, "v2", "succeeded", 1, NOVEMBER - MS)])
    assert Generation.objects.values_list("late", "period__label", "original_period__label").get() == (
        True,
        "2026-11",
        "2026-10",
    )
