"""The worked example agrees with the draft of its period, SLA credits included, and says what it leaves out."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from keys.models import ApiKey, KeySecret
from metering import contracts, currencies, drafts, terms, worked_example
from metering.models import BillingPeriod, Contract
from metering.rating import SlaCredit, Terms
from orgs.models import Organization, Staff
from tests.cast import ACTOR
from tests.factories import SecretFactory
from tests.metering.conftest import Report, generation
from tests.metering.contracts.conftest import NOON, PRICED

CREDITED = replace(PRICED, included_generations=0, minimum_amount=None)


@pytest.fixture(autouse=True)
def tenth_of_november() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def missed(tessera: Organization, report: Report) -> BillingPeriod:
    """A period in which one generation of four failed by us, on terms that give a credit for it."""
    contracts.correct_contract(contract=tessera.contracts.get(), actor=ACTOR, terms=CREDITED, reason="Agreed")
    live = ApiKey.Environment.LIVE
    secret: KeySecret = SecretFactory(key__organization=tessera, key__environment=live)  # type: ignore[assignment]
    at = NOON - timedelta(hours=3)
    report(
        *(generation(secret, at + timedelta(minutes=n), units=1_000) for n in range(3)),
        generation(secret, at, outcome="failed", failure_cause="engine"),
        at=NOON,
    )
    rows = BillingPeriod.objects.select_related("contract", "organization")
    return rows.containing(NOON).get(organization=tessera)


def _example(period: BillingPeriod, new: Terms) -> worked_example.Example:
    contract = Contract.objects.prefetch_related("prices").get(pk=period.contract_id)
    found = worked_example.of(period.organization, terms.snapshot(contract), new, at=NOON)
    assert found is not None
    return found


def test_it_is_what_the_draft_says(missed: BillingPeriod) -> None:
    draft = drafts.draft(missed)
    example = _example(missed, CREDITED)
    assert "sla_credit" in {line.kind for line in draft.lines}
    assert (example.before, example.is_agreed) == (currencies.said(draft.total, "EUR"), True)
    assert example.before == "€37.80"


def test_each_of_both_terms_gives_its_own_credit(missed: BillingPeriod) -> None:
    half = replace(CREDITED, sla_credits=(SlaCredit(Decimal("99"), Decimal("50")),))
    given = _example(missed, half).lines[-1]
    assert (given.name, given.before, given.after) == ("SLA credit, v2", "−€4.20", "−€21.00")
    none = _example(missed, replace(CREDITED, sla_credits=()))
    assert (none.lines[-1].after, none.after) == ("–", "€42.00")


def test_terms_that_are_the_first_to_give_a_credit_show_it(missed: BillingPeriod) -> None:
    agreed = replace(CREDITED, sla_credits=())
    contracts.correct_contract(contract=missed.contract, actor=ACTOR, terms=agreed, reason="Taken back")
    example = _example(missed, CREDITED)
    assert (example.before, example.after) == ("€42.00", "€37.80")


def test_the_page_says_what_is_left_out_and_on_whose_terms(
    missed: BillingPeriod, billing: Staff, browser_of: Any
) -> None:
    later = replace(CREDITED, review_days=7)
    contracts.replace_contract(
        organization=missed.organization, actor=ACTOR, terms=later, at=missed.span.upper, reason="Renewed"
    )
    browser, url = browser_of(billing), reverse("metering:edit_contract", args=[missed.organization.uid])
    present, coming = (unescape(browser.get(url, {"version": number}).text) for number in ("1", "2"))
    assert "late generations and adjustments are left out" in present
    assert "Is billed" in present
    assert "Would be billed" in coming
    assert "Is billed" not in coming
