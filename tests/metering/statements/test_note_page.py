"""A credit note on a page of its own: what it says, what it corrects, whether it is as it was issued, and its files."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from metering import actions, currencies, note_checks, papers
from metering.models import Adjustment, Statement
from orgs.models import Contact, Organization, Staff
from tests.cast import ACTOR
from tests.factories import ContactFactory, OrganizationFactory
from tests.metering.statements.given import ISSUED, a_credit, an_october, issued

Open = Callable[..., Client]


@pytest.fixture
def bea(browser_of: Open, billing: Staff) -> Client:
    return browser_of(billing)


@pytest.fixture
def credit(statement: Statement) -> Adjustment:
    return a_credit(statement.period)  # type: ignore[arg-type]


@pytest.fixture
def note(credit: Adjustment) -> Statement:
    return actions.issue_credit_note(adjustment=credit, actor=ACTOR, now=ISSUED)


def _address(document: Statement, **other: str) -> str:
    named = {"uid": document.organization.uid, "label": "2026-10", "note": document.uid, **other}
    return reverse("metering:credit_note", kwargs=named)


def _text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_it_says_what_the_document_says(bea: Client, note: Statement) -> None:
    page = _text(bea, _address(note))
    for said in (
        "HALIDE-SONS-2026-10-CN1",
        "Halide & Sons Lda.",
        "Slow answers on 21 Oct",
        "1 Oct 2026, 00:00 to 1 Nov 2026, 00:00, Europe/Lisbon",
        "9 Nov 2026, 12:00 UTC",
        "Tomas Reyl",
        "Mina Okoro",
        note.sha256,
    ):
        assert said in page


def test_its_amounts_are_those_of_the_json_file(bea: Client, note: Statement) -> None:
    file = bea.get(reverse("metering:credit_note_file", args=[note.organization.uid, "2026-10", note.uid, "json"]))
    document = json.loads(file.content)
    page = _text(bea, _address(note))
    amounts = [*(line["amount"] for line in document["lines"]), document["total"]]
    assert amounts == ["-68.40", "-68.40"]
    rows = page.split("</thead>", 1)[1].split("</table>", 1)[0]
    assert rows.count(currencies.said(Decimal("-68.40"), document["currency"])) == len(amounts)
    assert "−€68.40" in rows


def test_it_leads_to_what_it_corrects_and_why(bea: Client, note: Statement, credit: Adjustment) -> None:
    page, uid = _text(bea, _address(note)), note.organization.uid
    statement = f'<a href="{reverse("metering:period", args=[uid, "2026-10"])}">HALIDE-SONS-2026-10</a>'
    assert page.count(statement) == 2
    asked = reverse("metering:adjustment", args=[credit.request.uid])
    assert f'<a href="{asked}">{credit.number}</a>' in page
    assert f'<a href="{reverse("metering:period", args=[uid, "2026-11"])}">November 2026</a>' in page
    for extension in ("pdf", "xlsx", "csv", "json"):
        address = reverse("metering:credit_note_file", args=[uid, "2026-10", note.uid, extension])
        assert f'href="{address}" download' in page
        assert bea.get(address).status_code == 200


def test_everything_that_names_it_leads_to_it(bea: Client, note: Statement, credit: Adjustment) -> None:
    uid, link = note.organization.uid, f'<a href="{_address(note)}">{note.number}</a>'
    for address in (
        reverse("metering:period", args=[uid, "2026-10"]),
        reverse("metering:adjustment", args=[credit.request.uid]),
    ):
        assert link in _text(bea, address)
    listed = _text(bea, reverse("metering:org_periods", args=[uid]))
    assert f'href="{_address(note)}">{note.number}</a>' in listed


def test_one_that_was_just_issued_is_shown(bea: Client, statement: Statement, credit: Adjustment) -> None:
    issue = reverse("metering:issue_credit_note", args=[statement.organization.uid, "2026-10", credit.number])
    answer = bea.post(issue)
    note = Statement.objects.get(kind="credit_note")
    assert answer["Location"] == _address(note)


def test_it_is_sent_again_from_its_page(bea: Client, halide: Organization, note: Statement) -> None:
    assert "No mail was written about it." in _text(bea, _address(note))
    ContactFactory(organization=halide, kind=Contact.Kind.BILLING, email="accounts@halide.example")
    send = reverse("metering:send_statement", args=[halide.uid, note.uid])
    assert send in _text(bea, _address(note))
    assert bea.post(send, {"reason": "They lost it"})["Location"] == _address(note)
    assert "accounts@halide.example" in _text(bea, _address(note))


def test_it_says_that_it_is_as_it_was_issued(bea: Client, note: Statement) -> None:
    page = _text(bea, _address(note))
    for said in ("As it was issued", "Document 2 in its chain", "follows HALIDE-SONS-2026-10", "Lines add up"):
        assert said in page
    assert note.refers_to.sha256[:12] in page  # type: ignore[union-attr]


def _tones(note: Statement) -> list[str]:
    return [check.tone for check in note_checks.strip(note, papers.read(json.loads(note.document)))]


def test_each_check_fails_for_itself(note: Statement) -> None:
    """The rows are not changed: nobody can. What was read is."""
    assert _tones(note) == ["ok"] * 4
    paper = papers.read(json.loads(note.document))
    note.document = note.document.replace("Slow answers", "Fast answers")
    assert _tones(note) == ["warn", "ok", "ok", "ok"]
    note = Statement.objects.get(pk=note.pk)
    note.previous_sha256 = "0" * 64
    assert _tones(note)[1] == "warn"
    note = Statement.objects.get(pk=note.pk)
    note.refers_to.sha256 = "0" * 64  # type: ignore[union-attr]
    assert _tones(note) == ["ok", "ok", "warn", "ok"]
    assert note_checks.strip(note, replace(paper, total=Decimal(1)))[3].text == "Lines do not add up"


def test_who_may_only_look_sees_it_without_sending(browser_of: Open, viewer: Staff, note: Statement) -> None:
    page = _text(browser_of(viewer), _address(note))
    assert note.number in page
    assert "Send again" not in page


def test_it_is_found_under_its_own_organization_and_period_alone(
    bea: Client, browser_of: Open, account_manager: Staff, note: Statement, statement: Statement
) -> None:
    other = OrganizationFactory(account_manager=account_manager)
    issued(an_october(other))
    for address in (
        _address(note, uid=other.uid),
        _address(note, label="2026-11"),
        _address(note, note=statement.uid),
        _address(note, note="stm_nobody"),
    ):
        assert bea.get(address).status_code == 404
    hers = browser_of(account_manager)
    assert hers.get(_address(note)).status_code == 404
    assert hers.get(_address(note, uid=other.uid)).status_code == 404


def test_without_script_nothing_is_missing(bea: Client, note: Statement) -> None:
    page = _text(bea, _address(note))
    assert f'href="{reverse("audit:history", args=["statement", note.uid])}"' in page
    assert bea.get(reverse("audit:history", args=["statement", note.uid])).status_code == 200
