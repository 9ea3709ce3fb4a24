"""Statements with lines of every kind, issued without the ledger, and a credit about one of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit import trail
from metering import actions, fences, rating, statements
from metering.draft_lines import Line
from metering.models import Adjustment, BillingPeriod, Statement
from orgs.models import Organization
from tests.cast import ACTOR
from tests.factories import StaffFactory
from tests.metering.closing.given import a_contract, period_of, set_state

ISSUED = datetime(2026, 11, 9, 12, 0, 30, tzinfo=UTC)
TERMS = rating.Terms(
    number=3,
    currency="EUR",
    anchor_day=1,
    time_zone="Europe/Lisbon",
    included_generations=400_000,
    minimum_amount=Decimal(12_000),
    purchase_order="44-1180",
)
OPENS = {"period": "org_x/2026-10", "version": "v2"}
LINES = (
    Line("usage", "v2 generations, up to 2K", "400,000 of them included", 1_102_118, 702_118, Decimal("0.0140"),
         Decimal("9829.65"), OPENS),
    Line("capacity", "Dedicated capacity, lisbon-a", "8 units × 31 days", 248, None, Decimal("9.50"), Decimal(2356)),
    Line("credit", "Slow answers", "ADJ-0113, Tomas Reyl, approved by Mina Okoro", 1, amount=Decimal("-68.40")),
)  # fmt: skip


@dataclass(frozen=True)
class Drafted:
    """A draft of these lines, on these terms."""

    lines: tuple[Line, ...] = LINES
    terms: rating.Terms = TERMS

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal("0.00"))

    @property
    def checks(self) -> dict[str, Any]:
        return {"ledger": 1_102_118, "lines": 1_102_118, "late": 0}


def an_october(organization: Organization | None = None) -> BillingPeriod:
    """The October of an organization in Lisbon; periods around it are open too."""
    since = datetime(2026, 7, 31, 23, tzinfo=UTC)
    return period_of(a_contract(organization, time_zone="Europe/Lisbon", since=since))


def issued(period: BillingPeriod, **drafted: Any) -> Statement:
    """The statement of a period, which is final then, as after a close."""
    set_state(period, "closing")
    with transaction.atomic():
        fences.alone(period.organization_id)
        made = statements.issue(period=period, draft=Drafted(**drafted), actor=trail.SYSTEM, now=ISSUED)
    set_state(period, "final", finished_at=ISSUED)
    return made


def a_credit(about: BillingPeriod, *, kind: str = "credit", amount: str = "68.40") -> Adjustment:
    """An approved adjustment about a final period, counted in the one after it."""
    following = BillingPeriod.objects.filter(organization=about.organization, span__startswith=about.span.upper).get()
    asked = actions.ask_for_money(
        period=following,
        original=about,
        kind=kind,
        amount=Decimal(amount),
        text="Slow answers on 21 Oct",
        asker=StaffFactory(name="Tomas Reyl"),
        actor=ACTOR,
        reason="The pool was short",
    )
    return actions.approve_adjustment(
        request=asked, decider=StaffFactory(name="Mina Okoro"), actor=ACTOR, now=ISSUED, reason="Agreed"
    )
