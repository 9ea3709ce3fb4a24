"""The page of a billing period: a draft until it is final, the statement from then on."""

import json
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event
from metering import actions, statement_files
from metering.models import BillingPeriod, Statement
from orgs.models import Contact, Organization, Staff
from tests.cast import ACTOR
from tests.factories import ContactFactory
from tests.metering.closing.given import counted, in_review, period_of
from tests.metering.statements.given import ISSUED, a_credit, issued

Open = Callable[..., Client]


@pytest.fixture
def bea(browser_of: Open, billing: Staff) -> Client:
    return browser_of(billing)


def _page(client: Client, period: BillingPeriod) -> str:
    answer = client.get(reverse("metering:period", args=[period.organization.uid, period.label]))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_a_period_in_review_is_shown_as_a_draft(bea: Client, october: BillingPeriod) -> None:
    counted(october, 1_000)
    page = _page(bea, in_review(october.contract))
    assert "October 2026, Halide & Sons" in page
    assert "Draft statement" in page
    assert "numbered when it is final" in page
    assert "€14.00" in page
    for wanted in ("hold_period", "finish_period"):
        assert reverse(f"metering:{wanted}", args=[october.organization.uid, "2026-10"]) in page


def test_a_final_period_is_shown_in_the_words_of_its_statement(
    bea: Client, statement: Statement, halide: Organization
) -> None:
    page = _page(bea, statement.period)
    assert statement.number in page
    assert statement.sha256 in page
    assert "€12,117.25" in page
    assert "−€68.40" in page
    assert "lisbon-a, 8 units × 31 days" in page
    assert "1 Oct 2026, 00:00 to 1 Nov 2026, 00:00, Europe/Lisbon" in page
    assert "Make final" not in page
    assert "Hold for dispute" not in page


def test_the_quantity_of_a_line_is_a_link_to_its_generations(bea: Client, october: BillingPeriod) -> None:
    counted(october, 1_000)
    page = _page(bea, in_review(october.contract))
    assert f"{reverse('metering:generations')}?period={october.organization.uid}%2F2026-10&original=none" in page


def test_it_says_what_came_before(bea: Client, october: BillingPeriod) -> None:
    counted(period_of(october.contract, "2026-09"), 800)
    counted(october, 1_000)
    page = _page(bea, in_review(october.contract))
    assert "Against September 2026" in page
    assert "1,000, +25.0%" in page


def test_checks_that_do_not_agree_are_named(bea: Client, october: BillingPeriod) -> None:
    # Counted in the rollups alone: the ledger holds nothing, and no gateway has told anything.
    counted(october, 1_000)
    page = _page(bea, in_review(october.contract))
    assert "ledger has 0" in page
    assert "Gateway counts differ in 1 hour" in page
    assert "Lines add up" in page
    assert "No late generations" in page


def test_a_ledger_that_is_long_to_count_is_counted_in_a_call_of_its_own(
    bea: Client, october: BillingPeriod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metering.reconciling.AT_ONCE", 10)
    counted(october, 1_000)
    address = reverse("metering:period_checks", args=[october.organization.uid, "2026-10"])
    assert f'hx-get="{address}"' in _page(bea, october)
    fragment = bea.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "ledger has 0" in fragment
    assert "hx-get" not in fragment
    assert "<main" in bea.get(address).content.decode()


def test_a_credit_about_it_is_told_and_becomes_a_credit_note(bea: Client, statement: Statement) -> None:
    period = statement.period
    credit = a_credit(period)
    address = reverse("metering:issue_credit_note", args=[period.organization.uid, "2026-10", credit.number])
    page = _page(bea, period)
    assert "Credit of €68.40: Slow answers on 21 Oct" in page
    assert "approved by Mina Okoro, counted in November 2026" in page
    assert address in page
    dialog = bea.get(address).content.decode()
    for said in (credit.number, statement.number, "−€68.40", "Slow answers on 21 Oct", "Mina Okoro", "November 2026"):
        assert said in dialog
    assert bea.post(address).status_code == 302
    note = Statement.objects.get(kind="credit_note")
    assert note.number in _page(bea, period)
    book = openpyxl.load_workbook(BytesIO(statement_files.made(note, "xlsx").content))
    told = dict(book.active.iter_rows(max_row=9, max_col=2, values_only=True))
    assert told["Corrects statement"] == statement.number
    assert told["Settled with"] == "the statement of November 2026, in which it is a line"
    assert bea.get(address).status_code == 302


def test_it_is_sent_again_with_a_reason(bea: Client, statement: Statement, halide: Organization) -> None:
    ContactFactory(organization=halide, kind=Contact.Kind.BILLING, email="accounts@halide.example")
    address = reverse("metering:send_statement", args=[halide.uid, statement.uid])
    assert address in _page(bea, statement.period)
    assert bea.post(address, {"reason": ""}).status_code == 422
    assert bea.post(address, {"reason": "They lost it"}).status_code == 302
    assert "accounts@halide.example" in _page(bea, statement.period)


def test_who_may_only_look_has_no_buttons(browser_of: Open, viewer: Staff, october: BillingPeriod) -> None:
    page = _page(browser_of(viewer), in_review(october.contract, until=ISSUED + timedelta(days=1)))
    assert "Make final" not in page
    assert "Hold for dispute" not in page


@pytest.mark.parametrize("extension", ["pdf", "xlsx", "csv", "json"])
def test_files_are_handed_out_and_recorded(bea: Client, statement: Statement, extension: str) -> None:
    address = reverse("metering:statement_file", args=[statement.organization.uid, "2026-10", extension])
    answer = bea.get(address)
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="{statement.number}.{extension}"'
    assert bea.get(address).content == answer.content
    event = Event.objects.filter(verb="statement.downloaded").latest("id")
    assert (event.target_id, event.detail["format"]) == (statement.uid, extension)


def test_without_a_statement_there_is_no_file(bea: Client, october: BillingPeriod) -> None:
    for extension in ("pdf", "json"):
        address = reverse("metering:statement_file", args=[october.organization.uid, "2026-10", extension])
        assert bea.get(address).status_code == 404


def test_there_are_no_other_files(bea: Client, statement: Statement) -> None:
    address = reverse("metering:statement_file", args=[statement.organization.uid, "2026-10", "exe"])
    assert bea.get(address).status_code == 404


def test_a_credit_note_has_files_too(bea: Client, statement: Statement) -> None:
    note = actions.issue_credit_note(adjustment=a_credit(statement.period), actor=ACTOR, now=ISSUED)
    address = reverse("metering:credit_note_file", args=[note.organization.uid, "2026-10", note.uid, "json"])
    assert json.loads(bea.get(address).content)["number"] == note.number


def test_an_organization_lists_its_periods_and_documents(bea: Client, statement: Statement, halide: Any) -> None:
    page = unescape(bea.get(reverse("metering:org_periods", args=[halide.uid])).content.decode())
    assert "October 2026" in page
    assert "September 2026" in page
    assert statement.number in page
    assert "€12,117.25" in page


def test_two_halves_of_a_month_compare_in_their_order(bea: Client, statement: Statement) -> None:
    september = period_of(statement.period.contract, "2026-09")
    issued(september)
    assert "Against September 2026" in _page(bea, statement.period)
    assert "Against August 2026" in _page(bea, september)
