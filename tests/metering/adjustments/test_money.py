"""Credits, charges and corrections stand on the bill of a period that is open or in review."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction

from audit import trail
from metering import actions, adjustment_rules, checks, closing, closing_facts
from metering.models import Adjustment, AdjustmentRequest, BillingPeriod
from orgs.models import Organization, Staff
from tests.metering.adjustments.conftest import BEA, approve, close, credit


@pytest.mark.parametrize(
    ("kind", "amount", "stands"),
    [("credit", "12.50", "-12.50"), ("charge", "0.01", "0.01"), ("correction", "-3", "-3"), ("correction", "3", "3")],
)
def test_an_amount_stands_with_its_sign(
    now: datetime, period: BillingPeriod, billing: Staff, administrator: Staff, kind: str, amount: str, stands: str
) -> None:
    made = approve(credit(period, billing, kind=kind, amount=Decimal(amount)), administrator, now)
    made.refresh_from_db()
    assert (made.amount, made.currency, made.text) == (Decimal(stands), "EUR", "Goodwill")
    assert (made.period, made.original_period, made.units) == (period, None, None)
    assert not Adjustment.objects.voids().exists()


def test_numbers_have_no_gaps(now: datetime, period: BillingPeriod, billing: Staff, administrator: Staff) -> None:
    requests = [credit(period, billing) for _ in range(3)]
    approve(requests[0], administrator, now)
    with transaction.atomic():
        approve(requests[1], administrator, now)
        transaction.set_rollback(True)
    assert approve(requests[2], administrator, now).number == "ADJ-0002"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"amount": Decimal("0.001")}, "amount"),
        ({"amount": Decimal("NaN")}, "amount"),
        ({"amount": Decimal("Infinity")}, "amount"),
        ({"amount": Decimal("1e15")}, "amount"),
        ({"amount": Decimal("10000000.01")}, "amount"),
        ({"kind": "void"}, "kind"),
        ({"kind": "gift"}, "kind"),
        ({"text": " "}, "text"),
        ({"text": "x" * 201}, "text"),
    ],
    ids=str,
)
def test_what_is_no_amount_is_refused(
    period: BillingPeriod, billing: Staff, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        credit(period, billing, **fields)
    assert list(refused.value.message_dict) == [field]
    assert not AdjustmentRequest.objects.exists()


@pytest.mark.parametrize(("currency", "most"), [("EUR", 10_000_000), ("JPY", 1_000_000_000), ("KWD", 10_000_000)])
def test_the_most_follows_the_currency(currency: str, most: int) -> None:
    assert adjustment_rules.signed("credit", Decimal(most), currency=currency) == -most
    with pytest.raises(ValidationError, match="at most"):
        adjustment_rules.signed("correction", Decimal(-most - 1), currency=currency)


@pytest.mark.parametrize("state", ["closing", "final"])
def test_it_is_not_counted_into_a_period_that_is_closed(
    now: datetime, period: BillingPeriod, billing: Staff, administrator: Staff, state: str
) -> None:
    request = credit(period, billing)
    close(period, state)
    period.refresh_from_db()
    with pytest.raises(ValidationError, match="counted into it"):
        credit(period, billing)
    with pytest.raises(ValidationError, match="counted into it"):
        approve(request, administrator, now)
    request.refresh_from_db()
    assert request.is_waiting


def test_it_may_be_about_an_earlier_period(
    now: datetime, period: BillingPeriod, later: BillingPeriod, billing: Staff, administrator: Staff
) -> None:
    made = approve(credit(later, billing, original=period), administrator, now)
    assert (made.period, made.original_period) == (later, period)
    with pytest.raises(ValidationError, match="before the one"):
        credit(period, billing, original=later)


def test_it_may_not_be_about_somebody_else_s(
    period: BillingPeriod, kestrel: Organization, later: BillingPeriod, billing: Staff
) -> None:
    with pytest.raises(ValidationError, match="before the one"):
        credit(later, billing, original=kestrel.billing_periods.order_by("span")[0])


def test_a_reason_is_asked_for(now: datetime, period: BillingPeriod, billing: Staff, administrator: Staff) -> None:
    with pytest.raises(trail.ReasonRequired), transaction.atomic():
        actions.ask_for_money(
            period=period, kind="credit", amount=Decimal(1), text="x", asker=billing, actor=BEA, reason=""
        )
    request = credit(period, billing)
    with pytest.raises(trail.ReasonRequired), transaction.atomic():
        actions.decline_adjustment(request=request, decider=administrator, actor=BEA, now=now, reason="")
    request.refresh_from_db()
    assert request.is_waiting


def test_whose_bill_it_is_never_changes(period: BillingPeriod, later: BillingPeriod, billing: Staff) -> None:
    mine = AdjustmentRequest.objects.filter(pk=credit(period, billing).pk)
    with pytest.raises(DatabaseError, match="what was asked stays as it is"), transaction.atomic():
        mine.update(period=later)


def test_a_sign_that_is_not_its_kind_s_is_refused_by_the_database(period: BillingPeriod, billing: Staff) -> None:
    request = credit(period, billing)
    for kind, amount in (("credit", "1"), ("charge", "-1"), ("correction", "0"), ("void", "1")):
        request.pk, request.uid, request.kind, request.amount = None, f"adr_{kind}", kind, Decimal(amount)
        with pytest.raises(IntegrityError, match="a_request_is_a_void_or_money"), transaction.atomic():
            request.save(force_insert=True)


def test_what_nobody_has_decided_stands_in_the_way_of_its_period(
    now: datetime, period: BillingPeriod, billing: Staff, administrator: Staff
) -> None:
    asked = credit(period, billing)
    assert "undecided" in _in_the_way(period, now)
    approve(asked, administrator, now)
    assert "undecided" not in _in_the_way(period, now)


def _in_the_way(period: BillingPeriod, now: datetime) -> list[str]:
    found = checks.look([period], at=now)[period.pk]
    return [blocker.code for blocker in closing.blockers(closing_facts.of_check(period, found, at=now))]
