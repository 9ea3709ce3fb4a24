"""The figures of a billing period's page: its paper, final or drafted, and how it compares to the period before."""

import json
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from keys.models import ApiKey, DecisionHour
from keys.verdicts import Code
from metering import currencies, drafts, papers, statements
from metering.models import BillingPeriod, Statement
from metering.papers.reading import Paper


@dataclass(frozen=True)
class Shown:
    """A period with its paper, and the statement that this is where it is final."""

    period: BillingPeriod
    paper: Paper
    statement: Statement | None


def of(period: BillingPeriod) -> Shown:
    """Return the paper of a period: what was issued, or what would be issued now."""
    statement = period.statements.statements().first()
    if statement is not None:
        return Shown(period, papers.read(json.loads(statement.document)), statement)
    draft = drafts.draft(period)
    document = papers.compose(
        **statements.described(period),
        terms=draft.terms.to_json(),
        currency=draft.terms.currency,
        lines=draft.lines,
        total=draft.total,
        checks=draft.checks,
    )
    return Shown(period, papers.read(document), None)


def before(period: BillingPeriod) -> BillingPeriod | None:
    """Return the period that ended where this one begins, or the last one before that."""
    rows = BillingPeriod.objects.filter(organization=period.organization_id, span__endswith__lte=period.span.lower)
    return rows.select_related("organization", "contract").order_by("-span").first()


def comparison(shown: Shown, last: Shown | None) -> list[tuple[str, str]]:
    """Return the facts beside the paper: each with its change since the period before, where there was one."""
    paper = shown.paper
    facts = [
        ("Generations", _with(f"{paper.generations:,}", paper.generations, last.paper.generations if last else None)),
        (_amount_named(shown), _with(paper.total_said, paper.total, _comparable(paper, last))),
    ]
    if minimum := paper.document["terms"].get("minimum_amount"):
        facts.append((f"Minimum of {currencies.said(Decimal(minimum), paper.currency)}", _minimum(paper)))
    return [*facts, ("Refused of all calls", _refused(shown.period, last.period if last else None))]


def _amount_named(shown: Shown) -> str:
    runs = shown.period.state == BillingPeriod.State.OPEN
    is_reserved = any(line.kind == "capacity" for line in shown.paper.lines)
    return "Amount, with what is reserved until its end" if runs and is_reserved else "Amount"


def _comparable(paper: Paper, last: Shown | None) -> Decimal | None:
    return last.paper.total if last and last.paper.currency == paper.currency else None


def _with(said: str, now: Decimal | int, then: Decimal | int | None) -> str:
    if not then or then < 0:
        return said
    change = (Decimal(now) - Decimal(then)) / Decimal(then) * 100
    sign = "−" if change < 0 else "+"
    return f"{said}, {sign}{abs(change):.1f}%"


def _minimum(paper: Paper) -> str:
    missing = sum((line.amount for line in paper.lines if line.kind == "minimum" and line.amount > 0), Decimal(0))
    return f"{currencies.said(missing, paper.currency)} missing" if missing else "reached"


def _refused(period: BillingPeriod, last: BillingPeriod | None) -> str:
    """The share of calls that were refused, by the exact counts of whole hours."""
    now, then = _share(period), _share(last) if last else None
    if now is None:
        return "no calls"
    said = f"{now:.2f}%"
    if then is None:
        return said
    return f"{said}, {'−' if now < then else '+'}{abs(now - then):.2f} pt"


def _share(period: BillingPeriod) -> Decimal | None:
    rows = DecisionHour.objects.filter(
        organization=period.organization_id, hour__gte=period.span.lower, hour__lt=period.span.upper
    )
    calls = dict(rows.filter(key__environment=ApiKey.Environment.LIVE).values_list("code").annotate(Sum("calls")))
    total = sum(calls.values())
    return Decimal(total - calls.get(Code.VALID, 0)) / total * 100 if total else None
