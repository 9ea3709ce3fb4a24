"""What a billing period will come to: its forecast, in generations and in money, beside what its contract says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Sum

from metering import currencies, drafts, forecast, rating, terms
from metering.drafts import Draft
from metering.forecast import Forecast
from metering.models import BillingPeriod, Generation, UsageAlert, UsageDay, UsageHour
from metering.period_usage import BILLED, Slots
from metering.rating import Quantity

_HOURS_LOOKED_AT = timedelta(days=14)
_HOUR = timedelta(hours=1)
_RANGE = ("low", "likely", "high")
_PILOT = Generation.Tier.PILOT


@dataclass(frozen=True)
class Amounts:
    """What the period's statement would say now, and what it likely will, in one currency."""

    currency: str
    so_far: Decimal
    low: Decimal
    likely: Decimal
    high: Decimal

    def said(self, name: str) -> str:
        """Write one of them: so_far, low, likely or high."""
        return currencies.said(getattr(self, name), self.currency)


@dataclass(frozen=True)
class Allowance:
    """What a contract includes, or commits to: of how much, how much is used, and will likely be."""

    kind: str
    used: Decimal
    whole: Decimal
    likely: Decimal | None = None
    currency: str = ""

    @property
    def percent(self) -> int:
        """How much is used, rounded down."""
        return int(self.used * 100 / self.whole)

    @property
    def likely_percent(self) -> int | None:
        """How much likely will be."""
        return None if self.likely is None else int(self.likely * 100 / self.whole)

    @property
    def label(self) -> str:
        return UsageAlert.Kind(self.kind).label

    def said(self, amount: Decimal) -> str:
        """Write an amount of it."""
        return currencies.said(amount, self.currency) if self.currency else f"{amount:,.0f}"


@dataclass(frozen=True)
class Foresight:
    """A billing period as it stands and as it will likely end; `generations` is None where nobody can say.

    `amounts` is None where that, or a price of what is used, is not known.
    """

    period: BillingPeriod
    draft: Draft
    generations: Forecast | None
    amounts: Amounts | None
    allowances: tuple[Allowance, ...]

    @property
    def used(self) -> int:
        """Generations that are billed so far."""
        return _count(self.draft.counted.own)


def of_period(period: BillingPeriod, *, now: datetime) -> Foresight:
    """Look ahead to the end of a period, with the hours at which this organization's days usually go by."""
    return _of([period], {period.organization_id: _passed(period.organization_id, now=now)}, now=now)[period.pk]


def of_periods(periods: Iterable[BillingPeriod], *, now: datetime) -> dict[int, Foresight]:
    """Look ahead to the ends of many periods, in a number of statements that does not grow with them."""
    return _of(list(periods), {}, now=now)


def allowances(draft: Draft, generations: int | None = None, likely: Decimal | None = None) -> tuple[Allowance, ...]:
    """Return what the contract of a drafted period includes and commits to; with what is likely, where that is said."""
    found = []
    if draft.rated.included:
        used = Decimal(_count(draft.counted.own))
        ahead = None if generations is None else Decimal(generations)
        found.append(Allowance(UsageAlert.Kind.INCLUDED, used, Decimal(draft.rated.included), ahead))
    if draft.rated.minimum:
        used = draft.rated.usage_amount
        found.append(Allowance(UsageAlert.Kind.MINIMUM, used, draft.rated.minimum, likely, draft.terms.currency))
    return tuple(found)


def _of(periods: Sequence[BillingPeriod], passed: Mapping[int, float | None], *, now: datetime) -> dict[int, Foresight]:
    drafted = drafts.of_periods(periods)
    history = _history({period.organization_id for period in periods}, now=now)
    return {
        period.pk: _foresight(
            period, drafted[period.pk], history.get(period.organization_id, {}), passed.get(period.organization_id), now
        )
        for period in periods
    }


def _foresight(
    period: BillingPeriod, draft: Draft, history: Mapping[date, int], passed: float | None, now: datetime
) -> Foresight:
    own, ahead = draft.counted.own, None
    if period.span.lower <= now:
        until = period.span.upper
        ahead = forecast.forecast(history, so_far=_count(own), now=now, until=until, passed_today=passed)
    if ahead is None:
        return Foresight(period, draft, None, None, allowances(draft))
    share = terms.share_of(period)
    rated = {name: rating.rate(draft.terms, scaled(own, getattr(ahead, name)), share) for name in _RANGE}
    likely = rated["likely"].usage_amount
    amounts = None
    if own and not any(one.unpriced for one in rated.values()):
        # Everything else of the statement (capacity, late generations, adjustments) is there already.
        moved = {name: draft.total + one.total - draft.rated.total for name, one in rated.items()}
        amounts = Amounts(draft.terms.currency, draft.total, **moved)
    said = likely if own else None
    return Foresight(period, draft, ahead, amounts, allowances(draft, ahead.likely, said))


def scaled(slots: Slots, count: int) -> Slots:
    """Return so many generations, by API version and resolution as these are; units go along. Pure."""
    whole = _count(slots)
    if not whole:
        return {}
    found = {slot: _times(quantity, Fraction(count, whole)) for slot, quantity in slots.items()}
    # What rounding left over belongs to the largest part.
    largest = max(slots, key=lambda slot: slots[slot].generations)
    over = count - _count(found)
    found[largest] = replace(found[largest], generations=found[largest].generations + over)
    return found


def _times(quantity: Quantity, factor: Fraction) -> Quantity:
    return Quantity(int(quantity.generations * factor), round(quantity.units * factor))


def _count(slots: Slots) -> int:
    return sum(quantity.generations for quantity in slots.values())


def _history(organizations: Iterable[int], *, now: datetime) -> dict[int, dict[date, int]]:
    """What each organization's live keys generated on each of the last days, as it is billed."""
    today = now.astimezone(UTC).date()
    rows = UsageDay.objects.filter(organization__in=organizations, **BILLED).exclude(service_tier=_PILOT)
    rows = rows.on_days(today - forecast.LOOKED_AT * forecast.DAY, today).order_by()
    found: dict[int, dict[date, int]] = {}
    for organization, day, count in rows.values_list("organization", "day").annotate(Sum("generations")):
        found.setdefault(organization, {})[day] = count
    return found


def _passed(organization: int, *, now: datetime) -> float | None:
    """How much of its usual UTC day an organization has behind it by now; None where nothing is known of its days."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = UsageHour.objects.filter(organization=organization, **BILLED).exclude(service_tier=_PILOT)
    by_hour = [0] * 24
    counted = rows.between(midnight - _HOURS_LOOKED_AT, midnight).order_by()
    for hour, count in counted.values_list("hour").annotate(Sum("generations")):
        by_hour[hour.astimezone(UTC).hour] += count
    if not (whole := sum(by_hour)):
        return None
    gone = (now - midnight) / _HOUR
    return (sum(by_hour[: int(gone)]) + by_hour[int(gone)] * (gone % 1)) / whole
