"""What can be done to many billing periods at once: what would become of each, and the work, done by a job."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from audit import jobs, trail
from metering import actions, checks, closing, closing_facts, currencies
from metering.closing import State
from metering.models import BillingPeriod, PeriodCheck, Statement
from orgs import on_behalf, policy
from orgs.models import Staff
from orgs.policy import Permission

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """One kind of work, and what follows from it. `refusal` says why a period stays as it is, "" where it does not;
    `do` says what was done."""

    name: str
    title: str
    done: str
    follows: str
    refusal: Callable[[BillingPeriod, closing.Facts], str]
    do: Callable[[BillingPeriod, trail.Actor, dict[str, str]], str]

    @property
    def kind(self) -> str:
        return f"periods.{self.name}"

    def work(self, piece: jobs.Piece, actor: trail.Actor, arguments: Arguments) -> str:
        """Do it to one period, if the person may still do so now. For `audit.jobs`."""
        uid, _, label = piece.target.id.partition("/")
        rows = BillingPeriod.objects.select_related("organization", "contract").order_by("-span")
        period = rows.filter(organization__uid=uid, label=label).first()
        if period is None:
            raise ValidationError("There is no such billing period.")
        refusal = "You may no longer do this to this billing period."
        actor = on_behalf.acting(actor, Permission.PERIOD_FINISH, about=period, refusal=refusal)
        return self.do(period, actor, {"reason": arguments["reason"], "ticket": arguments["ticket"]})


@dataclass(frozen=True)
class Review:
    """What would become of the chosen periods: those that change with their figures, and those that stay with why."""

    changing: list[tuple[BillingPeriod, PeriodCheck]]
    staying: list[tuple[BillingPeriod, str]]

    @property
    def totals(self) -> list[str]:
        """What those that change come to before tax, by currency."""
        sums: dict[str, Decimal] = {}
        for _, found in self.changing:
            sums[found.currency] = sums.get(found.currency, Decimal(0)) + found.amount
        return [currencies.said(sums[currency], currency) for currency in sorted(sums)]


def review(act: Act, periods: Iterable[BillingPeriod], *, person: Staff, at: datetime) -> Review:
    """Look at each without changing any."""
    chosen, found = list(periods), Review([], [])
    looked = checks.look(chosen, at=at)
    for period in chosen:
        may = policy.can(person, Permission.PERIOD_FINISH, period)
        facts = closing_facts.of_check(period, looked[period.pk], at=at)
        refusal = act.refusal(period, facts) if may else "You may not do this to this billing period."
        if refusal:
            found.staying.append((period, refusal))
        else:
            found.changing.append((period, looked[period.pk]))
    return found


def pieces(periods: Iterable[BillingPeriod]) -> list[jobs.Piece]:
    """What a job works on."""
    return [
        jobs.Piece(replace(period.target, label=f"{period.label} of {period.organization}"), period.organization.target)
        for period in periods
    ]


def _not_finishable(period: BillingPeriod, facts: closing.Facts) -> str:
    if period.state == State.FINAL:
        return "It is final already."
    return closing.said(closing.blockers(facts, early=True))


def _finish(period: BillingPeriod, actor: trail.Actor, why: dict[str, str]) -> str:
    actions.finish_period(period=period, actor=actor, now=timezone.now(), **why)
    issued = Statement.objects.statements().get(period=period)
    return f"Final: statement {issued.number}, {currencies.said(issued.total, issued.currency)}."


def _not_holdable(period: BillingPeriod, facts: closing.Facts) -> str:
    if period.state in (State.CLOSING, State.FINAL):
        return f"It is {period.get_state_display().lower()} already."
    return f"It is held already: {period.hold_reason}." if period.is_held else ""


def _hold(period: BillingPeriod, actor: trail.Actor, why: dict[str, str]) -> str:
    actions.hold_period(period=period, actor=actor, now=timezone.now(), **why)
    return "Held."


def _not_held(period: BillingPeriod, facts: closing.Facts) -> str:
    return "" if period.is_held and period.state != State.FINAL else "Nobody holds it."


def _release(period: BillingPeriod, actor: trail.Actor, why: dict[str, str]) -> str:
    actions.release_period(period=period, actor=actor, **why)
    return "Released."


_FINISHED = "Nothing is counted into them any more, and their statements are issued. Neither can be undone."
_HELD = "They stay as they are until somebody releases them."
_RELEASED = (
    "Where the review window is over, the period is closed within a minute and its statement issued, unless"
    " something else is in its way. Neither can be undone."
)
ACTS = {
    act.name: act
    for act in (
        Act("finish", "Make final", "Make final", _FINISHED, _not_finishable, _finish),
        Act("hold", "Hold for dispute", "Hold", _HELD, _not_holdable, _hold),
        Act("release", "Release", "Release", _RELEASED, _not_held, _release),
    )
}
