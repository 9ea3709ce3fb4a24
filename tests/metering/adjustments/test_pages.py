"""The pages of adjustments: one asks, another one decides, and everybody in scope sees what became of it."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from django.test import Client

from keys.models import KeySecret
from metering import adjustment_size
from metering.models import Adjustment, AdjustmentRequest, BillingPeriod
from orgs.models import Organization, Staff
from tests.factories import RoleAssignmentFactory
from tests.metering.adjustments.conftest import approve, asked, close, credit, reported
from tests.metering.conftest import Report

Browser = Callable[[Staff], Client]
ASKED = {"kind": "credit", "amount": "12.50", "text": "Goodwill", "reason": "The outage", "ticket": "SUP-7"}


@pytest.fixture
def request_of(report: Report, live: KeySecret, now: datetime, billing: Staff) -> AdjustmentRequest:
    """Bea has asked to void a generation."""
    return asked(reported(report, live, now), billing)


def test_billing_asks_for_a_credit_and_an_administrator_approves_it(
    halide: Organization, period: BillingPeriod, billing: Staff, administrator: Staff, browser_of: Browser
) -> None:
    form = {**ASKED, "organization": halide.uid, "period": period.label}
    answer = browser_of(billing).post("/adjustments/ask/", form, follow=True)
    assert "Somebody else has to approve it" in answer.text
    assert "−€12.50" in answer.text
    request = AdjustmentRequest.objects.get()
    assert (request.period, request.requested_by, request.ticket) == (period, billing, "SUP-7")
    answer = browser_of(administrator).post(f"/adjustments/{request.uid}/approve/", {"reason": ""}, follow=True)
    assert "ADJ-0001" in answer.text
    assert "−€12.50<" in answer.text
    assert Adjustment.objects.get().request == request


def test_what_is_wrong_with_it_is_said_beside_the_field(
    halide: Organization, period: BillingPeriod, billing: Staff, browser_of: Browser
) -> None:
    client = browser_of(billing)
    form = {**ASKED, "organization": halide.uid, "period": "1999-01"}
    answer = client.post("/adjustments/ask/", form)
    assert answer.status_code == 422
    assert "It takes nothing any more, or is not a period of this organization." in answer.text
    answer = client.post("/adjustments/ask/", {**form, "period": period.label, "amount": "-1"})
    assert "Without a sign" in answer.text
    assert not AdjustmentRequest.objects.exists()


def test_an_organization_brings_its_open_periods_and_its_currency_with_it(
    halide: Organization, period: BillingPeriod, later: BillingPeriod, billing: Staff, browser_of: Browser
) -> None:
    client, offered = browser_of(billing), f'<option value="{period.label}">{period.called}, open, EUR</option>'
    page = client.get("/adjustments/ask/").text
    # Without a script the browser would ask for everything else first.
    assert "formnovalidate>Show its periods" in page
    assert "Choose the organization first" in page
    assert offered not in page
    page = client.get(f"/adjustments/ask/?organization={halide.uid}").text
    assert "Show its periods" not in page
    assert "Amount in EUR" in page
    # On its bill or about it; the later one has not begun, and nothing can be about it.
    assert (page.count(offered), page.count(f'<option value="{later.label}">')) == (2, 1)
    close(period, "final")
    page = client.get(f"/adjustments/ask/?organization={halide.uid}").text
    assert page.count(f'<option value="{period.label}">{period.called}, final, EUR</option>') == 1
    answer = client.post("/adjustments/ask/", {**ASKED, "organization": halide.uid, "period": period.label})
    assert "It takes nothing any more" in answer.text
    assert not AdjustmentRequest.objects.exists()


def test_choosing_the_organization_keeps_what_was_typed_and_judges_nothing(
    halide: Organization, period: BillingPeriod, billing: Staff, browser_of: Browser
) -> None:
    typed = {**ASKED, "organization": halide.uid, "reason": "", "kind": "charge", "act": "choose"}
    answer = browser_of(billing).post("/adjustments/ask/", typed)
    assert answer.status_code == 200
    assert "Nothing was asked" not in answer.text
    assert 'value="12.50"' in answer.text
    assert f'<option value="{period.label}">' in answer.text
    assert not AdjustmentRequest.objects.exists()


@pytest.mark.parametrize("strange", ["nobody", "%00"])
def test_an_unknown_organization_has_no_periods(strange: str, billing: Staff, browser_of: Browser) -> None:
    page = browser_of(billing).get(f"/adjustments/ask/?organization={strange}&period={strange}").text
    assert "Choose the organization first" in page


def test_a_credit_beyond_its_bill_is_doubted_and_allowed(
    halide: Organization,
    period: BillingPeriod,
    billing: Staff,
    administrator: Staff,
    now: datetime,
    browser_of: Browser,
) -> None:
    said = "It takes €12.50 off, and the bill of "
    form = {**ASKED, "organization": halide.uid, "period": period.label}
    assert said in browser_of(billing).post("/adjustments/ask/", form, follow=True).text
    request, client = AdjustmentRequest.objects.get(), browser_of(administrator)
    for page in ("", "approve/"):
        assert "More than the bill comes to." in client.get(f"/adjustments/{request.uid}/{page}").text
    approve(request, administrator, now)
    assert "More than the bill" not in client.get(f"/adjustments/{request.uid}/").text


def test_a_credit_within_its_bill_is_not_doubted(
    period: BillingPeriod, billing: Staff, administrator: Staff, now: datetime
) -> None:
    approve(credit(period, billing, kind="charge", amount=Decimal(12)), administrator, now)
    assert adjustment_size.doubt(credit(period, billing)) == ""
    assert "€12.01 off" in adjustment_size.doubt(credit(period, billing, amount=Decimal("12.01")))


def test_nobody_is_offered_to_decide_about_their_own(
    period: BillingPeriod, administrator: Staff, browser_of: Browser
) -> None:
    request, client = credit(period, administrator), browser_of(administrator)
    page = client.get(f"/adjustments/{request.uid}/").text
    assert "Somebody else has to decide." in page
    assert "/approve/" not in page
    for step in ("approve", "decline"):
        answer = client.get(f"/adjustments/{request.uid}/{step}/", follow=True)
        assert "You asked for this: somebody else has to decide about it." in answer.text
        assert f"/{step}/" not in answer.text
    answer = client.post(f"/adjustments/{request.uid}/approve/", {"reason": ""})
    assert answer.status_code == 422
    assert "Nobody decides what they asked for themselves" in answer.text
    request.refresh_from_db()
    assert request.is_waiting


def test_a_decision_that_came_first_is_told(
    request_of: AdjustmentRequest, administrator: Staff, now: datetime, browser_of: Browser
) -> None:
    approve(request_of, administrator, now)
    client = browser_of(administrator)
    answer = client.get(f"/adjustments/{request_of.uid}/decline/", follow=True)
    assert "It is approved already." in answer.text
    answer = client.post(f"/adjustments/{request_of.uid}/decline/", {"reason": "No"})
    assert "This request is approved, by Ada." in answer.text


def test_who_asked_withdraws(request_of: AdjustmentRequest, billing: Staff, browser_of: Browser) -> None:
    answer = browser_of(billing).post(f"/adjustments/{request_of.uid}/withdraw/", {"reason": ""}, follow=True)
    assert "Withdrawn" in answer.text
    request_of.refresh_from_db()
    assert request_of.state == "withdrawn"


def test_a_generation_is_voided_from_its_page(
    report: Report, live: KeySecret, now: datetime, billing: Staff, browser_of: Browser
) -> None:
    found, client = reported(report, live, now), browser_of(billing)
    url = f"/usage/generations/{found.pk}/void/"
    assert str(found.pk) in client.get(url).text
    answer = client.post(url, {"reason": "It was black", "ticket": ""}, follow=True)
    assert "It is billed until somebody else approves this." in answer.text
    assert AdjustmentRequest.objects.get().generation_id == found.pk
    again = client.get(url)
    assert again.status_code == 302
    assert again["Location"] == f"/usage/generations/{found.pk}/"


def test_the_list_is_filtered_by_its_address(
    request_of: AdjustmentRequest, period: BillingPeriod, billing: Staff, administrator: Staff, now: datetime,
    browser_of: Browser,
) -> None:  # fmt: skip
    made = approve(credit(period, billing, text="Goodwill"), administrator, now)
    client = browser_of(billing)
    waiting = client.get("/adjustments/").text
    assert str(request_of.generation_id) in waiting
    assert "Goodwill" not in waiting
    assert "Goodwill" in client.get("/adjustments/?state=approved&kind=credit").text
    assert "Goodwill" in client.get(f"/adjustments/?state=all&q={made.number}").text
    assert "Goodwill" not in client.get("/adjustments/?state=all&kind=charge").text
    assert "No request matches" in client.get("/adjustments/?q=nobody").text
    assert client.get("/adjustments/?q=%00&state=%00&kind=x&page=x").status_code == 200


def test_an_account_manager_sees_those_of_her_own_alone(
    request_of: AdjustmentRequest, account_manager: Staff, browser_of: Browser
) -> None:
    client = browser_of(account_manager)
    assert str(request_of.generation_id) not in client.get("/adjustments/").text
    assert client.get(f"/adjustments/{request_of.uid}/").status_code == 404


def test_home_tells_those_who_may_decide_and_did_not_ask(
    request_of: AdjustmentRequest, billing: Staff, administrator: Staff, browser_of: Browser
) -> None:
    assert "An adjustment waits for a decision" in browser_of(administrator).get("/").text
    RoleAssignmentFactory(user=billing, role="administrator")
    assert "waits for a decision" not in browser_of(billing).get("/").text
