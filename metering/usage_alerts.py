"""Which periods have used so much of what their contracts include, or commit to, that people are to be told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit import trail
from audit.verbs import Verb
from metering import drafts, foresight, period_names
from metering.foresight import Allowance
from metering.models import BillingPeriod, UsageAlert
from orgs import notices
from orgs.models import Notice, Organization

STEPS = (50, 80, 95, 100)
# A suspended organization calls for nothing, and a closed one never again.
WATCHED = (Organization.Status.ACTIVE, Organization.Status.PILOT)
_MEANINGS = {
    UsageAlert.Kind.INCLUDED: ("What is used beyond them is billed", "What is used from now on is billed"),
    UsageAlert.Kind.MINIMUM: (
        "Up to the minimum the amount of the period stays the same",
        "What is used from now on adds to the amount of the period",
    ),
}


@dataclass(frozen=True)
class Reached:
    """A step that a period has reached, the highest one, of which nobody was told yet."""

    period: BillingPeriod
    allowance: Allowance
    step: int


def to_tell(*, at: datetime) -> list[Reached]:
    """Return the steps that open periods have reached and that nobody was told of."""
    rows = BillingPeriod.objects.filter(
        state=BillingPeriod.State.OPEN, span__startswith__lte=at, organization__status__in=WATCHED
    )
    allowed = rows.exclude(contract__included_generations=0, contract__minimum_amount=None)
    periods = list(allowed.select_related("organization__account_manager", "contract"))
    told = _told(periods)
    drafted = drafts.of_periods(periods)
    found = []
    for period in periods:
        for allowance in foresight.allowances(drafted[period.pk]):
            step = step_of(allowance)
            if step and step > told.get((period.pk, allowance.kind), 0):
                found.append(Reached(period, allowance, step))
    return found


def step_of(allowance: Allowance) -> int:
    """Return the highest step that is reached; 0 where none is. Pure."""
    return max((step for step in STEPS if allowance.used * 100 >= allowance.whole * step), default=0)


@transaction.atomic
def warn_of_usage(*, reached: Reached, actor: trail.Actor) -> bool:
    """Tell the contacts how much is used, once at each step; says whether they now were.

    Where several steps are reached at once, the highest one is told of, and the others never.
    """
    period, allowance = reached.period, reached.allowance
    steps = [step for step in STEPS if step <= reached.step]
    made = [_note(period, allowance, step) for step in steps]
    if not made[-1]:
        return False
    detail: dict[str, str | int] = {
        "percent": allowance.percent,
        "whole": allowance.label.lower(),
        "used": allowance.said(allowance.used),
        "of": allowance.said(allowance.whole),
        "contacts": _tell(reached),
    }
    organization = period.organization
    trail.record(Verb.USAGE_WARNED, actor=actor, target=period.target, organization=organization.target, detail=detail)
    return True


def _note(period: BillingPeriod, allowance: Allowance, step: int) -> bool:
    """Write the step down; False where somebody has."""
    values = {"used": allowance.used, "whole": allowance.whole}
    _, is_new = UsageAlert.objects.get_or_create(period=period, kind=allowance.kind, threshold=step, defaults=values)
    return is_new


def _told(periods: Iterable[BillingPeriod]) -> Mapping[tuple[int, str], int]:
    rows = UsageAlert.objects.filter(period__in=periods).order_by("threshold")
    return {(period, kind): step for period, kind, step in rows.values_list("period", "kind", "threshold")}


def _tell(reached: Reached) -> int:
    period, allowance, organization = reached.period, reached.allowance, reached.period.organization
    before, after = _MEANINGS[UsageAlert.Kind(allowance.kind)]
    return notices.tell(
        organization=organization,
        kind=Notice.Kind.USAGE_REACHED,
        about=f"{period.target.id}/{allowance.kind}/{reached.step}",
        facts={
            "share": f"{allowance.percent} %",
            "what": allowance.label.lower(),
            "period": period_names.dated(period.label),
            "used": allowance.said(allowance.used),
            "limit": allowance.said(allowance.whole),
            "ends": notices.moment(period.span.upper, organization),
            "meaning": after if reached.step == STEPS[-1] else before,
        },
    )
