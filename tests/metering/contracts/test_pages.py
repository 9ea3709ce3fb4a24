"""The contract's page and its editor: reviewed with what changes, then saved; all of it without a script."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from audit.models import Event
from keys.models import KeySecret
from metering import contracts, terms
from metering.models import Contract
from orgs import actions
from orgs.models import Organization, Staff
from tests.cast import ACTOR
from tests.factories import SecretFactory
from tests.metering.conftest import Report, generation
from tests.metering.contracts.conftest import NOON, PRICED

EMPTY_CREDITS = {f"credit-{n}-{what}": "" for n in range(4) for what in ("below", "credit")}
ASKED = {
    "currency": "eur",
    "anchor_day": "1",
    "time_zone": "UTC",
    "included_generations": "1,000",
    "minimum_amount": "12000",
    "capacity_fee": "9.50",
    "purchase_order": "PO 44-1180",
    "review_days": "10",
    "when": "next",
    "price-0-name": "v2 generations, 4K",
    "price-0-version": "v2",
    "price-0-resolutions": "4K",
    "price-0-amount-0": "0.0380",
    "price-1-name": "v2 generations",
    "price-1-version": "v2",
    "price-1-resolutions": "",
    "price-1-up_to-0": "100,000",
    "price-1-amount-0": "0.0140",
    "price-1-amount-1": "0.0120",
    **EMPTY_CREDITS,
    "credit-0-below": "99.90",
    "credit-0-credit": "10",
    "reason": "Renewed",
    "ticket": "S-1",
}


@pytest.fixture(autouse=True)
def tenth_of_november() -> Any:
    """It is noon, on a day on which a period has begun and not ended."""
    with time_machine.travel(NOON, tick=False):
        yield


def _editor(organization: Organization) -> str:
    return reverse("metering:edit_contract", args=[organization.uid])


def _send(browser: Any, organization: Organization, act: str, **fields: str) -> Any:
    return browser.post(_editor(organization), {**ASKED, "seen": "1", "act": act, **fields})


def _reviewed(answer: Any) -> str:
    found = re.search(r'name="reviewed" value="(\w{64})"', answer.text)
    assert found, "nothing was reviewed"
    return found.group(1)


def test_it_is_saved_once_it_was_reviewed(tessera: Organization, billing: Staff, browser_of: Any) -> None:
    browser = browser_of(billing)
    answer = _send(browser, tessera, "review", reason="", ticket="")
    shown = unescape(answer.text)
    assert answer.status_code == 200
    for said in ("€12,000.00", "10% below 99.90%", "v2 generations: €0.0140 up to 100,000, then €0.0120", "1 Dec 2026"):
        assert said in shown
    assert tessera.contracts.count() == 1
    saved = _send(browser, tessera, "save", reviewed=_reviewed(answer))
    assert (saved.status_code, saved.url) == (302, reverse("metering:contract", args=[tessera.uid]))
    contract = tessera.contracts.get(number=2)
    assert contract.effective.lower == datetime(2026, 12, 1, tzinfo=UTC)
    assert terms.snapshot(contract).to_json() == {**PRICED.to_json(), "number": 2} | {
        "minimum_amount": "12000.0000",
        "capacity_fee": "9.500000",
    }
    event = Event.objects.get(verb="contract.changed")
    assert (event.actor_id, event.reason, event.ticket) == (billing.uid, "Renewed", "S-1")


def test_what_was_not_seen_is_not_saved(tessera: Organization, billing: Staff, browser_of: Any) -> None:
    browser = browser_of(billing)
    answer = _send(browser, tessera, "save")
    assert answer.status_code == 422
    assert "This is what changes. Look at it, and save once more." in answer.text
    other = _send(browser, tessera, "save", reviewed=_reviewed(answer), minimum_amount="1")
    assert other.status_code == 422
    assert tessera.contracts.count() == 1
    assert _send(browser, tessera, "save", reviewed=_reviewed(other), minimum_amount="1").status_code == 302


def test_it_asks_why(tessera: Organization, billing: Staff, browser_of: Any) -> None:
    browser = browser_of(billing)
    mark = _reviewed(_send(browser, tessera, "review"))
    assert _send(browser, tessera, "save", reviewed=mark, reason="").status_code == 422
    assert tessera.contracts.count() == 1


def test_lines_and_tiers_are_added_and_taken_away_by_plain_buttons(
    tessera: Organization, billing: Staff, browser_of: Any
) -> None:
    browser = browser_of(billing)
    more = _send(browser, tessera, "price").text
    assert 'name="price-2-name"' in more
    assert 'value="v2 generations, 4K"' in more
    assert "error-summary" not in more
    tier = _send(browser, tessera, "tier-0").text
    assert 'name="price-0-up_to-1"' in tier
    fewer = _send(browser, tessera, "drop-0").text
    assert 'name="price-1-name"' not in fewer
    assert 'value="v2 generations, 4K"' not in fewer
    assert 'value="Renewed"' in fewer
    assert tessera.contracts.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("currency", "ZZZ", "three letters of a currency"),
        ("currency", "JPY", "JPY has 0 decimals"),
        ("price-1-up_to-0", "", "the last price has no end|tiers rise"),
        ("price-1-resolutions", "4K", "v2 at 4K has more than one price"),
        ("price-0-amount-0", "", "Write the price of a cost unit"),
        ("price-0-amount-0", "-1", "greater than or equal to 0"),
        ("price-0-amount-0", "NaN", "Enter a number"),
        ("credit-0-below", "101", "at most 100"),
        ("time_zone", "Europe/Nowhere", "no such time zone"),
        ("minimum_amount", "0.001", "EUR has 2 decimals"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(
    field: str, value: str, said: str, tessera: Organization, billing: Staff, browser_of: Any
) -> None:
    fields = {field: value, **({"minimum_amount": "0.5"} if value == "JPY" else {})}
    answer = _send(browser_of(billing), tessera, "review", **fields)
    assert answer.status_code == 422
    assert re.search(said, unescape(answer.text))


def test_it_begins_at_the_time_that_was_written(tessera: Organization, billing: Staff, browser_of: Any) -> None:
    browser = browser_of(billing)
    assert _send(browser, tessera, "review", when="at", at="").status_code == 422
    later = {"when": "at", "at": "2026-11-20T00:00"}
    mark = _reviewed(_send(browser, tessera, "review", **later))
    assert _send(browser, tessera, "save", reviewed=mark, **later).status_code == 302
    assert tessera.contracts.get(number=2).effective.lower == datetime(2026, 11, 20, tzinfo=UTC)


def test_a_version_of_which_nothing_was_billed_is_corrected(
    tessera: Organization, first: Contract, billing: Staff, browser_of: Any
) -> None:
    browser = browser_of(billing)
    mark = _reviewed(_send(browser, tessera, "review", when="correct"))
    assert _send(browser, tessera, "save", reviewed=mark, when="correct").status_code == 302
    assert tessera.contracts.count() == 1
    assert first.prices.count() == 2


def test_what_somebody_else_did_meanwhile_is_seen_first(tessera: Organization, billing: Staff, browser_of: Any) -> None:
    contracts.replace_contract(organization=tessera, actor=ACTOR, terms=PRICED, at=NOON + timedelta(days=60))
    answer = _send(browser_of(billing), tessera, "save")
    assert answer.status_code == 422
    assert "Somebody changed this contract meanwhile" in answer.text


def test_a_real_period_is_rated_on_both_terms(
    tessera: Organization, billing: Staff, browser_of: Any, report: Report
) -> None:
    secret: KeySecret = SecretFactory(key__organization=tessera)  # type: ignore[assignment]
    october = datetime(2026, 10, 25, tzinfo=UTC)
    report(*(generation(secret, october + timedelta(minutes=n), units=2) for n in range(3)), at=NOON)
    report(generation(secret, NOON - timedelta(hours=1), resolution="4K"), at=NOON)
    asked = {"included_generations": "", "minimum_amount": "", "price-1-amount-0": "1.50"}
    shown = unescape(_send(browser_of(billing), tessera, "review", **asked).text)
    example = shown[shown.index("Worked example") :]
    for said in ("2026-10", "v2 generations", "no price", "€9.00", "€0.00 → €9.00", "3 generations"):
        assert said in example


def test_while_somebody_types_the_answer_is_a_part_of_the_page(
    tessera: Organization, billing: Staff, browser_of: Any
) -> None:
    answer = browser_of(billing).post(_editor(tessera), {**ASKED, "seen": "1"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'hx-swap-oob="true"' in answer.text
    assert _reviewed(answer)


def test_the_page_shows_terms_prices_versions_and_periods(
    tessera: Organization, viewer: Staff, billing: Staff, browser_of: Any
) -> None:
    contracts.replace_contract(
        organization=tessera, actor=ACTOR, terms=PRICED, at=NOON + timedelta(days=3), reason="Renewed", ticket="S-1"
    )
    url = reverse("metering:contract", args=[tessera.uid])
    present = unescape(browser_of(viewer).get(url).text)
    assert "Nothing has a price yet" in present
    assert "Edit contract" not in present
    coming = unescape(browser_of(billing).get(url, {"version": "2"}).text)
    for said in (
        "Edit contract",
        "€12,000.00 of usage a period",
        "v2 at 4K",
        "Renewed",
        "S-1",
        "2026-11-13",
        "Begins later",
    ):
        assert said in coming
    assert browser_of(viewer).get(url, {"version": "9"}).status_code == 404
    assert browser_of(viewer).get(url, {"version": "x"}).status_code == 404


def test_a_closed_organization_keeps_its_contract(tessera: Organization, billing: Staff, browser_of: Any) -> None:
    actions.close_organization(organization=tessera, actor=ACTOR, reason="over")
    answer = browser_of(billing).get(_editor(tessera))
    assert answer.status_code == 302


def test_an_organization_without_a_contract_gets_its_first(
    her_organization: Organization, billing: Staff, browser_of: Any
) -> None:
    browser, first = browser_of(billing), {"when": "month", "seen": "0"}
    page = unescape(browser.get(reverse("metering:contract", args=[her_organization.uid])).text)
    assert "Open contract" in page
    mark = _reviewed(_send(browser, her_organization, "review", **first))
    assert _send(browser, her_organization, "save", reviewed=mark, **first).status_code == 302
    contract = her_organization.contracts.get()
    assert (contract.number, contract.effective.lower) == (1, datetime(2026, 11, 1, tzinfo=UTC))
