"""The next version of a contract holds from an instant on: now, later in a period, or long after."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction

from audit.models import Event
from keys.models import KeySecret
from metering import contracts, period_openings, terms
from metering.models import BillingPeriod, Contract
from orgs.models import Organization
from tests.cast import ACTOR
from tests.factories import SecretFactory, record_fixture
from tests.metering.conftest import Report, generation
from tests.metering.contracts.conftest import NOON, PRICED

DAY = timedelta(days=1)


def _replace(organization: Organization, at: datetime | None = None, **more: object) -> Contract:
    with time_machine.travel(NOON, tick=False):
        asked = {"terms": PRICED, "at": at, "reason": "Renewed", "ticket": "S-1", **more}
        return contracts.replace_contract(organization=organization, actor=ACTOR, **asked)  # type: ignore[arg-type]


def _tiles(organization: Organization) -> list[BillingPeriod]:
    found = list(organization.billing_periods.order_by("span").select_related("contract"))
    for one, following in pairwise(found):
        assert one.span.upper == following.span.lower
    for one in found:
        assert one.contract.effective.lower <= one.span.lower
        assert one.contract.effective.upper is None or one.span.upper <= one.contract.effective.upper
    return found


def test_it_says_all_that_was_agreed(tessera: Organization) -> None:
    contract = _replace(tessera)
    contract.refresh_from_db()
    assert (contract.number, terms.snapshot(contract)) == (2, replace(PRICED, number=2))
    assert [(row.position, row.model) for row in contract.prices.all()] == [(1, "flat"), (2, "graduated")]


def test_what_the_next_version_takes_over_it_may_take_over(tessera: Organization) -> None:
    first = terms.snapshot(_replace(tessera))
    second = _replace(tessera, NOON + DAY, terms=replace(first, purchase_order="PO 2"))
    second.refresh_from_db()
    assert terms.snapshot(second) == replace(first, number=3, purchase_order="PO 2")


def test_from_now_on_it_splits_the_present_period(tessera: Organization, first: Contract) -> None:
    contract = _replace(tessera)
    assert [(period.label, period.contract) for period in _tiles(tessera)] == [
        ("2026-10", first),
        ("2026-11", first),
        ("2026-11-10", contract),
        ("2026-12", contract),
    ]
    assert [str(terms.share_of(period)) for period in _tiles(tessera)] == ["1", "1/3", "2/3", "1"]


def test_from_the_next_period_on_nothing_is_split(tessera: Organization, first: Contract) -> None:
    contract = _replace(tessera, datetime(2026, 12, 1, tzinfo=UTC))
    assert [(period.label, period.contract) for period in _tiles(tessera)] == [
        ("2026-10", first),
        ("2026-11", first),
        ("2026-12", contract),
        ("2027-01", contract),
    ]


def test_later_in_the_present_period_it_is_split_there(tessera: Organization) -> None:
    _replace(tessera, NOON + 3 * DAY, terms=replace(PRICED, anchor_day=20))
    labels = [period.label for period in _tiles(tessera)]
    assert labels == ["2026-10", "2026-11", "2026-11-13", "2026-11-20"]


def test_a_change_that_is_far_off_leaves_what_is_open_alone(tessera: Organization, first: Contract) -> None:
    contract = _replace(tessera, datetime(2027, 6, 1, tzinfo=UTC), terms=replace(PRICED, anchor_day=15))
    assert {period.contract for period in _tiles(tessera)} == {first}
    first.refresh_from_db()
    assert first.effective.upper == contract.effective.lower
    with time_machine.travel(datetime(2027, 6, 2, tzinfo=UTC), tick=False):
        period_openings.open_periods(contract=first, actor=ACTOR, through=NOON + 300 * DAY)
        period_openings.open_ahead(actor=ACTOR, now=datetime(2027, 6, 2, tzinfo=UTC))
    assert [period.label for period in _tiles(tessera)][-3:] == ["2027-05", "2027-06", "2027-06-15"]


def test_between_two_versions_another_one_ends_where_the_later_begins(tessera: Organization) -> None:
    later = _replace(tessera, datetime(2027, 6, 1, tzinfo=UTC))
    between = _replace(tessera, terms=replace(PRICED, purchase_order="PO 2"))
    assert (between.number, between.effective.upper) == (3, later.effective.lower)
    assert [contract.number for contract in tessera.contracts.order_by("effective")] == [1, 3, 2]


def test_every_field_that_changed_is_recorded(tessera: Organization) -> None:
    _replace(tessera)
    event = Event.objects.get(verb="contract.changed", organization=tessera.uid)
    assert event.sentence == "Dana Test opened version 2 of the contract of Tessera from 2026-11-10 12:00"
    assert event.changes == {
        "effective_from": [None, "2026-11-10 12:00"],
        "included_generations": [0, 1_000],
        "minimum_amount": [None, "€12,000.00"],
        "capacity_fee": [None, "€9.50"],
        "prices": [
            None,
            [
                "v2 generations, 4K (v2 at 4K): €0.0380",
                "v2 generations (v2 at any other resolution): €0.0140 up to 100,000, then €0.0120",
            ],
        ],
        "sla_credits": [None, ["10% below 99.90%"]],
        "purchase_order": [None, "PO 44-1180"],
        "review_days": [5, 10],
    }
    assert (event.reason, event.ticket) == ("Renewed", "S-1")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"seen": 7}, "Somebody changed this contract meanwhile"),
        ({"terms": replace(PRICED, currency="ZZZ")}, "three letters of a currency"),
        ({"terms": replace(PRICED, prices=PRICED.prices + PRICED.prices[:1])}, "more than one price"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_changes(tessera: Organization, asked: dict[str, object], said: str) -> None:
    before = list(tessera.billing_periods.values())
    with pytest.raises(ValidationError, match=said):
        _replace(tessera, **asked)  # type: ignore[arg-type]
    assert (tessera.contracts.count(), list(tessera.billing_periods.values())) == (1, before)


def test_a_version_cannot_begin_where_another_one_does(tessera: Organization) -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    _replace(tessera, at)
    with pytest.raises(ValidationError, match="Version 2 begins then"):
        _replace(tessera, at)


def test_a_day_is_split_once(tessera: Organization) -> None:
    _replace(tessera, NOON + DAY)
    with pytest.raises(ValidationError, match="begins on that day already"):
        _replace(tessera, NOON + DAY + timedelta(hours=1))


def test_a_time_that_has_passed_will_do_as_long_as_nothing_was_counted_since(
    tessera: Organization, report: Report
) -> None:
    _replace(tessera, NOON - 17 * DAY, terms=replace(PRICED, anchor_day=24))
    assert [period.label for period in _tiles(tessera)] == ["2026-10", "2026-10-24", "2026-11-24"]
    secret: KeySecret = SecretFactory(key__organization=tessera)  # type: ignore[assignment]
    report(generation(secret, NOON - 2 * DAY), at=NOON)
    with pytest.raises(ValidationError, match="Generations were counted since then"):
        _replace(tessera, NOON - 3 * DAY)
    assert _replace(tessera, NOON - DAY).number == 3


def test_a_period_that_is_no_longer_open_is_not_split(tessera: Organization) -> None:
    with transaction.atomic():
        record_fixture(tessera.uid)
        tessera.billing_periods.filter(label="2026-10").update(state="review")
    with pytest.raises(ValidationError, match="no longer open"):
        _replace(tessera, NOON - 15 * DAY)
