"""A contract does not change its currency under money that stands on its bills, or waits to."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction

from metering import actions, contracts, drafts
from metering.models import AdjustmentRequest, BillingPeriod, Contract
from orgs.models import Organization
from tests.cast import ACTOR
from tests.factories import StaffFactory, record_fixture
from tests.metering.closing.given import counted
from tests.metering.contracts.conftest import NOON, PRICED

DOLLARS = replace(PRICED, currency="USD")


def _asked(period: BillingPeriod, **more: object) -> AdjustmentRequest:
    said = {"kind": "credit", "amount": Decimal(12), "text": "Goodwill", "reason": "The outage", **more}
    return actions.ask_for_money(period=period, asker=StaffFactory(), actor=ACTOR, **said)  # type: ignore[arg-type]


def _approved(request: AdjustmentRequest) -> object:
    return actions.approve_adjustment(request=request, decider=StaffFactory(), actor=ACTOR, now=NOON)


def _correct(contract: Contract) -> None:
    with transaction.atomic():
        contracts.correct_contract(contract=contract, terms=DOLLARS, actor=ACTOR, reason="As signed")


def _replace(organization: Organization, at: datetime) -> Contract:
    with time_machine.travel(NOON, tick=False), transaction.atomic():
        return contracts.replace_contract(organization=organization, actor=ACTOR, terms=DOLLARS, at=at, reason="New")


def test_it_is_not_corrected_under_money(first: Contract) -> None:
    request = _asked(first.billing_periods.get(label="2026-11"))
    with pytest.raises(ValidationError, match=f"{request.uid} asks for an amount in EUR there"):
        _correct(first)
    _approved(request)
    with pytest.raises(ValidationError, match="ADJ-0001 stands on its bill in EUR"):
        _correct(first)
    first.refresh_from_db()
    assert first.currency == "EUR"


def test_what_was_declined_is_in_nobody_s_way(first: Contract) -> None:
    request = _asked(first.billing_periods.get(label="2026-11"))
    decider = StaffFactory()
    actions.decline_adjustment(request=request, decider=decider, actor=ACTOR, now=NOON, reason="No")
    _correct(first)
    first.refresh_from_db()
    assert first.currency == "USD"


def test_a_period_with_money_is_not_handed_over(tessera: Organization, first: Contract) -> None:
    with time_machine.travel(NOON + timedelta(days=21), tick=False):
        actions.open_periods(contract=first, actor=ACTOR, through=NOON + timedelta(days=40))
    december = first.billing_periods.get(label="2026-12")
    _asked(december)
    with pytest.raises(ValidationError, match="cannot be in USD for 2026-12"):
        _replace(tessera, NOON)
    assert _replace(tessera, december.span.upper).currency == "USD"


def test_what_stands_on_the_part_before_stays(tessera: Organization, first: Contract) -> None:
    november = first.billing_periods.get(label="2026-11")
    _approved(_asked(november))
    _replace(tessera, NOON)
    november.refresh_from_db()
    assert drafts.draft(november).total == Decimal(-12)


def test_an_amount_is_not_about_a_period_in_another_currency(tessera: Organization, first: Contract) -> None:
    later = _replace(tessera, NOON).billing_periods.order_by("span")[0]
    with pytest.raises(ValidationError, match="cannot be about it"):
        _asked(later, original=first.billing_periods.get(label="2026-10"))


def test_late_generations_of_a_period_in_another_currency_are_counted_and_not_charged(
    tessera: Organization, first: Contract
) -> None:
    later = _replace(tessera, NOON).billing_periods.select_related("organization").order_by("span")[0]
    counted(later, 5, original=first.billing_periods.get(label="2026-10"))
    draft = drafts.draft(later)
    (line,) = [one for one in draft.lines if one.kind == "late"]
    assert (line.quantity, line.amount, line.note) == (5, 0, "that period is billed in EUR")
    assert draft.generations == draft.billed_generations == 5
    assert draft.unpriced == ("Another currency: Late generations of October 2026 in EUR",)


def _change_by_hand(contract: Contract) -> None:
    with transaction.atomic():
        record_fixture(contract.organization.uid)
        Contract.objects.filter(pk=contract.pk).update(currency="USD")


def test_a_request_in_another_currency_is_not_approved(first: Contract) -> None:
    request = _asked(first.billing_periods.get(label="2026-11"))
    _change_by_hand(first)
    with pytest.raises(ValidationError, match="This is in EUR"):
        _approved(request)


def test_money_in_another_currency_is_no_line_and_a_problem_of_its_own_bill(first: Contract) -> None:
    november = first.billing_periods.select_related("organization").get(label="2026-11")
    _approved(_asked(november))
    _change_by_hand(first)
    draft = drafts.draft(november)
    assert (draft.lines, draft.total) == ((), Decimal("0.00"))
    assert draft.unpriced == ("Another currency: ADJ-0001 in EUR",)
