"""The editor's review: a period is split only by hand and loudly; a failed save shows what it would have changed."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import time_machine

from metering import contracts
from orgs.models import Organization, Staff
from tests.cast import ACTOR
from tests.metering.contracts.conftest import NOON, PRICED
from tests.metering.contracts.test_pages import _editor, _reviewed, _send

DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
CHOSEN = re.compile(r'<input[^>]*name="when"[^>]*value="(\w+)"[^>]*checked')


@pytest.fixture(autouse=True)
def tenth_of_november() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def prepared(tessera: Organization) -> Organization:
    """The organization, with a second version from the next billing period on."""
    contracts.replace_contract(organization=tessera, actor=ACTOR, terms=PRICED, at=DECEMBER)
    return tessera


def test_the_next_period_is_chosen_where_nothing_is_prepared(
    tessera: Organization, billing: Staff, browser_of: Any
) -> None:
    page = browser_of(billing).get(_editor(tessera)).text
    assert CHOSEN.findall(page) == ["next"]


@pytest.mark.parametrize(("query", "chosen"), [({}, []), ({"version": "1"}, []), ({"version": "2"}, ["correct"])])
def test_splitting_is_never_chosen_for_somebody(
    query: dict[str, str], chosen: list[str], prepared: Organization, billing: Staff, browser_of: Any
) -> None:
    page = browser_of(billing).get(_editor(prepared), query).text
    assert CHOSEN.findall(page) == chosen
    assert ("Version 2 begins on 1 Dec 2026" in page, 'href="?version=2"' in page) == (not chosen, not chosen)


def test_without_a_time_it_is_reviewed_but_not_saved(prepared: Organization, billing: Staff, browser_of: Any) -> None:
    answer = _send(browser_of(billing), prepared, "save", seen="2", when="")
    assert answer.status_code == 422
    assert "Choose from when it holds." in answer.text
    assert "€12,000.00" in answer.text
    assert prepared.contracts.count() == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"when": "now"}, "The running billing period ends now"),
        ({"when": "at", "at": "2026-11-20T00:00"}, "2026-11 ends on 20 Nov 2026"),
    ],
)
def test_a_split_is_warned_of(
    fields: dict[str, str], said: str, tessera: Organization, billing: Staff, browser_of: Any
) -> None:
    answer = _send(browser_of(billing), tessera, "review", **fields).text
    assert said in answer
    assert "into review" in answer[answer.index(said) :]
    for whole in ({"when": "next"}, {"when": "at", "at": "2026-12-01T00:00"}):
        assert (
            "billing period ends" not in _send(browser_of(billing), tessera, "review", **whole).text.split("Credit")[0]
        )
        assert "callout bad" not in _send(browser_of(billing), tessera, "review", **whole).text


def test_a_save_without_a_reason_keeps_the_review_and_is_reviewed_again(
    tessera: Organization, billing: Staff, browser_of: Any
) -> None:
    browser = browser_of(billing)
    mark = _reviewed(_send(browser, tessera, "review"))
    failed = _send(browser, tessera, "save", reviewed=mark, reason="")
    assert failed.status_code == 422
    assert "€12,000.00" in failed.text
    assert "nothing is changed yet" not in failed.text
    assert not re.search(r'name="reviewed" value="\w', failed.text)
    again = _send(browser, tessera, "save", reviewed="")
    assert (again.status_code, tessera.contracts.count()) == (422, 1)
    assert "€12,000.00" in again.text
    assert _send(browser, tessera, "save", reviewed=_reviewed(again)).status_code == 302


def test_a_wrong_price_hides_nothing_else_that_changes(tessera: Organization, billing: Staff, browser_of: Any) -> None:
    answer = _send(browser_of(billing), tessera, "save", **{"price-1-amount-1": "cheap", "price-0-amount-0": "0.5"})
    shown = unescape(answer.text)
    assert answer.status_code == 422
    for said in ("Enter a number", "€12,000.00", "v2 generations, 4K: €0.50", "stands here as it was before"):
        assert said in shown
    assert "nothing is changed yet" not in shown


def test_what_only_cannot_be_read_is_not_called_unchanged(
    tessera: Organization, billing: Staff, browser_of: Any
) -> None:
    contracts.correct_contract(contract=tessera.contracts.get(), actor=ACTOR, terms=PRICED, reason="Agreed")
    shown = unescape(_send(browser_of(billing), tessera, "review", **{"price-0-amount-0": "cheap"}).text)
    assert "something is not right yet" in shown
    assert "nothing is changed yet" not in shown


def test_a_line_that_is_taken_away_is_in_the_review_at_once(
    tessera: Organization, billing: Staff, browser_of: Any
) -> None:
    contracts.correct_contract(contract=tessera.contracts.get(), actor=ACTOR, terms=PRICED, reason="Agreed")
    shown = unescape(_send(browser_of(billing), tessera, "drop-0").text)
    assert "Price, v2 at 4K" in shown
    assert "nothing is changed yet" not in shown


def test_typing_pasting_and_choosing_are_reviewed_whatever_the_browser_thinks_of_them(
    tessera: Organization, billing: Staff, browser_of: Any
) -> None:
    page = browser_of(billing).get(_editor(tessera)).text
    form = re.search(r'<form[^>]*id="contract-form"[^>]*>', page)
    assert form is not None
    # A field that the browser finds wanting would keep what was typed from being sent.
    assert " novalidate" in form.group()
    for event in ("input", "change", "paste"):
        assert re.search(rf"\b{event} delay:\d+ms from:#contract-typed", form.group())
    assert not re.search(r"<style|\sstyle=", page)
