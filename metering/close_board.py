"""The close board: a billing period of every organization in one table, in what order, and what it comes to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Coalesce, Upper

from metering import closing, closing_facts, currencies, rating
from metering.closing import Blocker, State
from metering.models import BillingPeriod, PeriodCheck, Statement
from metering.models.periods import BillingPeriodQuerySet

ORDERS: dict[str, Any] = {
    "organization": Upper("organization__name"),
    "amount": F("amount"),
    "change": F("moved"),
    "generations": F("found__generations"),
    "review": F("review_until"),
    "period": F("span"),
}
_PROBLEMS = Q(found__differing__gt=0) | Q(found__undecided__gt=0)
_PROBLEMS |= Q(found__behind__len__gt=0) | Q(found__unpriced__len__gt=0)


@dataclass(frozen=True)
class Row:
    """A period as the board shows it. Amounts are rounded; None where nothing is known of it yet."""

    period: BillingPeriod
    blockers: Sequence[Blocker]
    amount: Decimal | None
    before: Decimal | None
    currency: str
    check: PeriodCheck | None

    @property
    def path(self) -> str:
        """How a form and a job call it: `org_…/2026-10`."""
        return f"{self.period.organization.uid}/{self.period.label}"

    @property
    def called(self) -> str:
        return self.period.called

    @property
    def amount_said(self) -> str:
        return currencies.said(self.amount, self.currency) if self.amount is not None else ""

    @property
    def is_draft(self) -> bool:
        """Whether its figures are what was last found, and no statement says them yet."""
        return self.period.state != State.FINAL

    @property
    def state(self) -> str:
        """Its state in one word, a hold before it."""
        return "held" if self.period.is_held and self.period.state != State.FINAL else self.period.state


@dataclass(frozen=True)
class Total:
    """What the periods of a list come to in one currency."""

    currency: str
    amount: Decimal
    generations: int

    @property
    def said(self) -> str:
        return currencies.said(self.amount, self.currency)


def due(rows: BillingPeriodQuerySet, *, at: datetime) -> BillingPeriodQuerySet:
    """Keep what is to be closed: everything that has ended and is not final, and each organization's last ended one."""
    later = BillingPeriod.objects.filter(
        organization=OuterRef("organization"), span__startswith__gt=OuterRef("span__startswith"), span__endswith__lte=at
    )
    return rows.filter(span__endswith__lte=at).filter(~Q(state=State.FINAL) | ~Exists(later))


def blocked(*, at: datetime) -> Q:
    """What needs a person: it is held, or its review window is over and something is in the way."""
    late = Q(state=State.REVIEW, review_until__lte=at, override_at=None) & _PROBLEMS
    return late | Q(state__in=(State.OPEN, State.REVIEW), held_at__isnull=False)


def with_figures(rows: BillingPeriodQuerySet) -> BillingPeriodQuerySet:
    """Annotate `amount`, what the period before came to (`before`, in the same currency) and by how much it `moved`."""
    before = BillingPeriod.objects.filter(
        organization=OuterRef("organization"),
        span__endswith=OuterRef("span__startswith"),
        contract__currency=OuterRef("contract__currency"),
    )
    rows = rows.annotate(amount=_amount()).annotate(before=Subquery(before.annotate(sum=_amount()).values("sum")[:1]))
    moved = Case(When(~Q(before=0), then=(F("amount") - F("before")) / F("before")))
    return rows.annotate(moved=moved).select_related("organization", "contract", "found")


def ordered(rows: BillingPeriodQuerySet, order: str, *, at: datetime) -> BillingPeriodQuerySet:
    """Order by one of ORDERS, a minus before it for downwards; by default what needs a person comes first."""
    expression = ORDERS.get(order.removeprefix("-"))
    if expression is None:
        needs = ExpressionWrapper(blocked(at=at), output_field=BooleanField())
        is_final = Case(When(state=State.FINAL, then=Value(1)), default=Value(0))
        return rows.annotate(needs=Coalesce(needs, Value(False))).order_by(
            F("needs").desc(), is_final, F("review_until").asc(nulls_last=True), Upper("organization__name"), "pk"
        )
    way = expression.desc(nulls_last=True) if order.startswith("-") else expression.asc(nulls_last=True)
    return rows.order_by(way, Upper("organization__name"), "pk")


def drawn(rows: Iterable[Any], *, at: datetime) -> list[Row]:
    """Return the rows of a page as they are shown; `rows` carry their figures."""
    return [_row(period, at) for period in rows]


def totals(rows: BillingPeriodQuerySet) -> list[Total]:
    """Add up a list by currency, the largest number of organizations first."""
    summed = (
        rows.annotate(amount=_amount())
        .order_by()
        .values("contract__currency")
        .annotate(total=Sum("amount"), generations=Sum("found__generations"), count=Count("pk"))
        .order_by("-count", "contract__currency")
    )
    return [
        Total(
            one["contract__currency"],
            _rounded(one["total"] or Decimal(0), one["contract__currency"]),
            one["generations"] or 0,
        )
        for one in summed
    ]


def _amount() -> Coalesce:
    """Of a final period what its statement says, of another one what was last found."""
    issued = Statement.objects.statements().filter(period=OuterRef("pk")).values("total")
    return Coalesce(Subquery(issued[:1]), F("found__amount"))


def _row(period: Any, at: datetime) -> Row:
    check = getattr(period, "found", None)
    currency = period.contract.currency
    return Row(
        period=period,
        blockers=closing.blockers(closing_facts.of_check(period, check, at=at)),
        amount=_rounded(period.amount, currency),
        before=_rounded(period.before, currency),
        currency=currency,
        check=check,
    )


def _rounded(amount: Decimal | None, currency: str) -> Any:
    return None if amount is None else rating.rounded(amount, currency)
