"""A contract is corrected from its beginning, until a billing period of it has left open."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction

from audit import trail
from audit.models import Event
from metering import contracts, terms
from metering.models import Contract, ContractPrice
from orgs.models import Organization
from tests.cast import ACTOR
from tests.factories import record_fixture
from tests.metering.contracts.conftest import PRICED

WHY = {"actor": ACTOR, "reason": "As it was signed"}


def _leave_open(contract: Contract) -> None:
    with transaction.atomic():
        record_fixture(contract.organization.uid)
        contract.billing_periods.filter(label="2026-10").update(state="review")


def test_it_says_something_else_from_its_beginning(first: Contract) -> None:
    contracts.correct_contract(contract=first, terms=PRICED, **WHY)  # type: ignore[arg-type]
    shorter = replace(PRICED, prices=PRICED.prices[1:], minimum_amount=None)
    contracts.correct_contract(contract=first, terms=shorter, **WHY)  # type: ignore[arg-type]
    first.refresh_from_db()
    assert terms.snapshot(first) == replace(shorter, number=1)
    assert first.billing_periods.count() == 2
    event = Event.objects.filter(verb="contract.corrected").latest("occurred_at")
    assert event.changes["minimum_amount"] == ["€12,000.00", None]
    assert [len(said) for said in event.changes["prices"]] == [2, 1]
    assert set(event.changes) == {"minimum_amount", "prices"}


def test_once_a_period_is_in_review_it_stays(first: Contract) -> None:
    assert contracts.can_be_corrected(first)
    _leave_open(first)
    assert not contracts.can_be_corrected(first)
    with pytest.raises(ValidationError, match="no longer open"):
        contracts.correct_contract(contract=first, terms=PRICED, **WHY)  # type: ignore[arg-type]


def test_when_periods_begin_is_not_corrected(first: Contract) -> None:
    with pytest.raises(ValidationError, match="only from a later version on"):
        contracts.correct_contract(contract=first, terms=replace(PRICED, anchor_day=15), **WHY)  # type: ignore[arg-type]


def test_what_differs_in_nothing_is_not_saved(first: Contract) -> None:
    with pytest.raises(ValidationError, match="Nothing is different"):
        contracts.correct_contract(contract=first, terms=terms.snapshot(first), **WHY)  # type: ignore[arg-type]


def test_without_a_reason_it_stays(first: Contract) -> None:
    with pytest.raises(trail.ReasonRequired), transaction.atomic():
        contracts.correct_contract(contract=first, terms=PRICED, actor=ACTOR, reason="")
    assert first.prices.count() == 0


def _write(contract: Contract, **fields: object) -> int:
    with transaction.atomic():
        record_fixture(contract.organization.uid)
        return Contract.objects.filter(pk=contract.pk).update(**fields)


@pytest.mark.parametrize("field", [{"minimum_amount": 5}, {"currency": "USD"}, {"number": 9}, {"review_days": 1}])
def test_what_is_billed_on_the_database_keeps(first: Contract, field: dict[str, object]) -> None:
    _leave_open(first)
    with pytest.raises(DatabaseError, match="it stays as it is"):
        _write(first, **field)


def test_its_end_may_still_come_as_long_as_no_period_loses_time(first: Contract) -> None:
    _leave_open(first)
    october = first.billing_periods.get(label="2026-10").span
    middle = october.upper - (october.upper - october.lower) / 2
    with pytest.raises(DatabaseError, match="it stays as it is"):
        _write(first, effective=(first.effective.lower, middle))
    assert _write(first, effective=(first.effective.lower, october.upper)) == 1


FLAT = [{"up_to": None, "price": "0.01"}]


def _price(contract: Contract, **said: object) -> ContractPrice:
    given = {"position": 1, "api_version": "v2", "name": "v2", "model": "flat", "tiers": FLAT, **said}
    with transaction.atomic():
        record_fixture(contract.organization.uid)
        return ContractPrice.objects.create(contract=contract, **given)


def _remove(row: ContractPrice) -> None:
    with transaction.atomic():
        record_fixture(row.contract.organization.uid)
        row.delete()


def test_the_price_list_of_what_is_billed_on_stays(first: Contract) -> None:
    row = _price(first)
    _leave_open(first)
    with pytest.raises(DatabaseError, match="stays as it is"):
        _price(first, position=2, resolutions=["4K"])
    with pytest.raises(DatabaseError, match="stays as it is"):
        _remove(row)


def test_a_resolution_has_one_price(first: Contract) -> None:
    _price(first, resolutions=["1K", "2K"])
    _price(first, position=2)
    _price(first, position=3, api_version="v1", resolutions=["2K"])
    with pytest.raises(IntegrityError, match="one price"):
        _price(first, position=4, resolutions=["4K", "2K"])
    with pytest.raises(IntegrityError, match="one_price_for_all_other_resolutions"):
        _price(first, position=4)


@pytest.mark.parametrize(
    ("model", "tiers"),
    [
        ("flat", []),
        ("flat", {"up_to": None, "price": "1"}),
        ("flat", [{"up_to": None, "price": 0.01}]),
        ("flat", [{"up_to": None, "price": "-1"}]),
        ("flat", [{"up_to": 10, "price": "1"}]),
        ("graduated", FLAT),
        ("flat", [{"up_to": 10, "price": "1"}, *FLAT]),
        ("graduated", [{"up_to": 10, "price": "1"}, {"up_to": 10, "price": "1"}, *FLAT]),
        ("graduated", [*FLAT, *FLAT]),
        ("graduated", [{"up_to": 1.5, "price": "1"}, *FLAT]),
    ],
)
def test_tiers_rise_to_one_without_an_end(first: Contract, model: str, tiers: object) -> None:
    with pytest.raises(IntegrityError, match="tiers rise"):
        _price(first, model=model, tiers=tiers)


def test_a_price_is_not_written_without_an_event(first: Contract) -> None:
    with pytest.raises(DatabaseError, match="without an audit event"), transaction.atomic():
        ContractPrice.objects.create(contract=first, position=1, api_version="v2", name="v2", model="flat", tiers=FLAT)


def test_contracts_of_an_organization_are_numbered(tessera: Organization, first: Contract) -> None:
    later = contracts.replace_contract(organization=tessera, actor=ACTOR, terms=PRICED)
    with pytest.raises(IntegrityError, match="contracts_are_numbered"):
        _write(later, number=1)
