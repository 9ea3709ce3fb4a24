"""Whether a billing period's numbers are one and the same wherever they are told: the strip above its statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Sum

from audit import plurals, search
from keys.models import ApiKey
from metering import agreement, period_names
from metering.agreement import Agreement
from metering.models import BillingPeriod, Generation, UsageDay, UsageHour
from metering.models.generations import ids_between
from metering.papers.reading import Paper

# So many generations are counted one by one while somebody waits for the page; more of them in a call of its own.
AT_ONCE = 50_000
SECONDS = 20
# What came late may have happened so long before the period, by the ledger's own rule of age.
LATEST = timedelta(days=36)
_LEDGER = """
SELECT (
    SELECT count(*) FROM metering_generation WHERE organization_id = %(organization)s AND period_id = %(period)s
        AND generation_id >= %(first)s::uuid AND generation_id < %(last)s::uuid
        AND environment = 'live' AND outcome = 'succeeded'
) - (
    SELECT count(*) FROM metering_adjustment WHERE organization_id = %(organization)s AND period_id = %(period)s
        AND kind = 'void' AND environment = 'live' AND outcome = 'succeeded'
)
"""
OK, WARN, BAD, IDLE = (
    ("ok", "check-circle"),
    ("warn", "exclamation-triangle"),
    ("warn", "x-circle"),
    ("idle", "clock"),
)


@dataclass(frozen=True)
class Check:
    """One of the strip's checks, as `ui/_strip.html` draws it."""

    tone: str
    icon: str
    text: str
    note: str


@dataclass(frozen=True)
class Strip:
    """The four checks; `is_whole` where the ledger has been counted for them."""

    items: Sequence[Check]
    is_whole: bool


def strip(period: BillingPeriod, paper: Paper, *, count_ledger: bool = False) -> Strip:
    """Compare a period's ledger, rollups, gateway counts and lines; the ledger only where that is quick, or asked."""
    hours, days = _summed(period)
    is_whole = count_ledger or days <= AT_ONCE
    counted = _counted(period) if is_whole else None
    items = (
        _ledger(counted, hours, days, is_whole=is_whole),
        gateways(agreement.of_period(period), is_overridden=period.override_at is not None),
        _lines(paper, days),
        _late(period),
    )
    return Strip(items, is_whole)


def gateways(agreed: Agreement, *, is_overridden: bool) -> Check:
    """Say whether the gateways have counted the same."""
    if agreed.differing:
        first = agreed.differences[0]
        note = f"{first.hour:%-d %b, %H:%M} UTC, {first.api_version}: {first.ours:,} here, {first.theirs:,} there"
        hours = plurals.counted(agreed.differing, "hour")
        return Check(*WARN, f"Gateway counts differ in {hours}", _with(note, is_overridden))
    if agreed.behind:
        note = f"waiting for {', '.join(agreed.behind[:3])}"
        return Check(*WARN, "Gateway counts are not complete", _with(note, is_overridden))
    note = f"{plurals.counted(agreed.sources, 'gateway')}, difference 0" if agreed.sources else "nothing was reported"
    return Check(*OK, "Gateway counts match", note)


def _with(note: str, is_overridden: bool) -> str:
    return f"{note}; overridden" if is_overridden else note


def _ledger(counted: int | None, hours: int, days: int, *, is_whole: bool) -> Check:
    text = plurals.counted(days, "generation")
    if hours != days:
        return Check(*BAD, text, f"hourly totals say {hours:,}")
    if not is_whole:
        return Check(*IDLE, text, "hourly = daily totals; the ledger is being counted")
    if counted is None:
        return Check(*IDLE, text, "hourly = daily totals; verify_usage counts the ledger")
    if counted != hours:
        return Check(*BAD, text, f"ledger has {counted:,}")
    return Check(*OK, text, "ledger = hourly totals")


def _lines(paper: Paper, days: int) -> Check:
    if not paper.adds_up:
        return Check(*BAD, "Lines do not add up", paper.total_said)
    if paper.generations != days:
        return Check(*BAD, "Lines lack generations", f"{paper.generations:,} in lines, {days:,} counted")
    return Check(*OK, "Lines add up", paper.total_said)


def _late(period: BillingPeriod) -> Check:
    """Generations of this period that came after it was final, and where they went."""
    rows = UsageDay.objects.filter(organization=period.organization_id, original_period=period)
    found = rows.exclude(period=period).of_keys(ApiKey.Environment.LIVE).filter(outcome=Generation.Outcome.SUCCEEDED)
    counted = {
        label: number for label, number in found.values_list("period__label").annotate(Sum("generations")) if number
    }
    if not counted:
        return Check(*OK, "No late generations", "none came after it was final")
    where = ", ".join(period_names.mentioned(label) if label else "no period yet" for label in sorted(counted, key=str))
    return Check(*WARN, plurals.counted(sum(counted.values()), "late generation"), f"went to {where}")


def _summed(period: BillingPeriod) -> tuple[int, int]:
    """The live succeeded generations of the period, by the hourly and by the daily totals."""
    sums = []
    for model in (UsageHour, UsageDay):
        rows = model.objects.of_keys(ApiKey.Environment.LIVE).filter(
            organization=period.organization_id, period=period, outcome=Generation.Outcome.SUCCEEDED
        )
        sums.append(rows.aggregate(sum=Sum("generations"))["sum"] or 0)
    return sums[0], sums[1]


def _counted(period: BillingPeriod) -> int | None:
    """The same by the ledger, less what was voided; None where that would take too long."""
    first, last = ids_between(period.span.lower - LATEST, period.span.upper)
    of: dict[str, int | str] = {
        "organization": period.organization_id, "period": period.pk, "first": str(first), "last": str(last)
    }  # fmt: skip
    try:
        with search.limited(SECONDS), connection.cursor() as cursor:
            cursor.execute(_LEDGER, of)
            return int(cursor.fetchone()[0])
    except search.TooSlow:
        return None
