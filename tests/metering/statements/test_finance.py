"""The books of a month: a row a line, over all organizations, for who may have them."""

import csv
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO, StringIO

import openpyxl
from django.test import Client
from django.urls import reverse

from audit.models import Event
from metering import actions
from metering.models import BillingPeriod, Statement
from orgs.models import Staff
from tests.cast import ACTOR
from tests.factories import OrganizationFactory
from tests.metering.statements.given import ISSUED, a_credit, an_october, issued

Open = Callable[..., Client]
MONTH = {"month": "2026-10"}


def _rows(client: Client) -> list[dict[str, str]]:
    answer = client.get(reverse("metering:finance"), {**MONTH, "format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(StringIO(text)))


def test_every_line_of_every_document_is_a_row(browser_of: Open, billing: Staff, statement: Statement) -> None:
    other = issued(an_october(OrganizationFactory(slug="kestrel", legal_name="=Kestrel")))
    note = actions.issue_credit_note(adjustment=a_credit(statement.period), actor=ACTOR, now=ISSUED)
    rows = _rows(browser_of(billing))
    assert sorted({row["number"] for row in rows}) == sorted({statement.number, other.number, note.number})
    assert len(rows) == 3 + 3 + 1
    assert sum(Decimal(row["amount"]) for row in rows) == statement.total + other.total
    (credit,) = [row for row in rows if row["number"] == note.number]
    assert (credit["refers_to"], credit["document"]) == (statement.number, "credit_note")
    assert (credit["credited"], credit["credited_in"]) == ("-68.40", "2026-11")
    assert {row["credited"] for row in rows if row is not credit} == {""}
    assert {row["customer"] for row in rows} == {"Halide & Sons Lda.", "'=Kestrel"}
    event = Event.objects.get(verb="finance.exported")
    assert (event.detail["month"], event.detail["rows"], event.detail["statements"]) == ("2026-10", 7, 3)


def test_the_xlsx_says_the_same_with_numbers(browser_of: Open, billing: Staff, statement: Statement) -> None:
    answer = browser_of(billing).get(reverse("metering:finance"), {**MONTH, "format": "xlsx"})
    heading, *rows = openpyxl.load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True)
    amounts = [Decimal(str(row[heading.index("amount")])) for row in rows]
    assert sum(amounts) == statement.total


def test_the_page_says_what_the_month_comes_to(browser_of: Open, billing: Staff, statement: Statement) -> None:
    an_october(OrganizationFactory(slug="kestrel"))
    page = browser_of(billing).get(reverse("metering:finance"), MONTH).content.decode()
    assert "€12,117.25" in page
    assert "1 statement," in page
    assert "1 period is not final yet." in page


def test_a_credit_counts_once_where_its_line_is(browser_of: Open, billing: Staff, statement: Statement) -> None:
    actions.issue_credit_note(adjustment=a_credit(statement.period), actor=ACTOR, now=ISSUED)
    answer = browser_of(billing).get(reverse("metering:finance"), MONTH)
    (total,) = answer.context["totals"]
    assert (total.statements, total.amount, total.notes, total.credited_said) == (1, statement.total, 1, "−€68.40")
    assert "€12,048.85" not in answer.text
    assert "−€68.40" in answer.text


def test_who_may_not_have_the_books_is_refused(browser_of: Open, viewer: Staff, statement: Statement) -> None:
    answer = browser_of(viewer).get(reverse("metering:finance"), {**MONTH, "format": "csv"})
    assert answer.status_code == 403
    assert not Event.objects.filter(verb="finance.exported").exists()


def test_an_odd_month_is_the_last_one_with_statements(browser_of: Open, billing: Staff, statement: Statement) -> None:
    page = browser_of(billing).get(reverse("metering:finance"), {"month": "2026-13' OR"}).content.decode()
    assert "October 2026" in page


def test_the_months_begin_with_the_oldest_period(browser_of: Open, billing: Staff, statement: Statement) -> None:
    months = browser_of(billing).get(reverse("metering:finance")).context["months"]
    oldest = BillingPeriod.objects.order_by("span").values_list("label", flat=True).first()
    assert months[-1][0] == oldest
    assert len(set(months)) == len(months)


def test_the_close_board_leads_to_it_for_those_who_may(
    browser_of: Open, billing: Staff, viewer: Staff, statement: Statement
) -> None:
    url, board = f'href="{reverse("metering:finance")}"', reverse("metering:board")
    assert url in browser_of(billing).get(board).text
    assert url not in browser_of(viewer).get(board).text
