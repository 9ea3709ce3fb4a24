"""Billing periods are opened with their contract, ahead of time, or when needed; another contract splits them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from psycopg.types.range import TimestamptzRange

from audit import trail
from audit.verbs import Verb
from metering import periods, standing_money
from metering.models import BillingPeriod, Contract, UsageDay
from orgs import actions as organizations
from orgs.models import Organization

DAY = timedelta(days=1)
# Where no billing period will ever be.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)


@transaction.atomic
def open_periods(*, contract: Contract, actor: trail.Actor, through: datetime) -> list[BillingPeriod]:
    """Open the missing periods of a contract, from its beginning through the one that contains that time."""
    organization = organizations.lock_organization(contract.organization)
    known = {span.lower for span in contract.billing_periods.values_list("span", flat=True)}
    spans = periods.between(contract.effective.lower, through, contract.terms)
    opened = [_period(contract, organization, span) for span in spans if span.start not in known]
    if opened:
        BillingPeriod.objects.bulk_create(opened)
        _record_periods(opened, organization, actor=actor)
    return opened


def open_ahead(*, actor: trail.Actor, now: datetime) -> list[BillingPeriod]:
    """Open the next period of every contract in effect that has none yet; a closed organization needs no more."""
    ahead = BillingPeriod.objects.filter(contract=OuterRef("pk"), span__startswith__gt=now)
    due = Contract.objects.covering(now).exclude(organization__status=Organization.Status.CLOSED).exclude(Exists(ahead))
    opened: list[BillingPeriod] = []
    for contract in due.select_related("organization"):
        opened += open_periods(contract=contract, actor=actor, through=far_enough(contract, now))
    return opened


def far_enough(contract: Contract, now: datetime) -> datetime:
    """The beginning of the period after the present one."""
    present = periods.containing(now, contract.terms)
    return present.end if present else now


def split_periods(present: Contract, contract: Contract, *, actor: trail.Actor, at: datetime) -> None:
    """End the period at that instant, and let what was opened ahead be the next contract's."""
    ahead = list(present.billing_periods.filter(span__startswith__gte=at).order_by("span"))
    if UsageDay.objects.filter(period__in=ahead).exists():
        raise ValidationError("The next billing period is counted into already. Nothing was changed; try again later.")
    cut = present.billing_periods.containing(at).first()
    if cut is not None and cut.span.lower < at:
        cut.span = TimestamptzRange(cut.span.lower, at, "[)")
        cut.save(update_fields=["span"])
    standing_money.check_currency(ahead, contract.currency)
    _hand_over(ahead, contract, at=at, same=(present.anchor_day, present.time_zone))
    _record_split([*([cut] if cut else []), *ahead], contract.organization, actor=actor, at=at)


def join_periods(contract: Contract, before: Contract) -> list[trail.Target]:
    """Let the periods of a version that never begins be those of the one before it; what it cut short is whole again.

    `before` says already until when it holds. Returns what was changed; the caller records it.
    """
    ahead = list(contract.billing_periods.order_by("span"))
    if UsageDay.objects.filter(period__in=ahead).exists():
        raise ValidationError("Generations are counted into its billing periods already. Nothing was changed.")
    standing_money.check_currency(ahead, before.currency)
    last = before.billing_periods.filter(span__endswith=contract.effective.lower).first()
    spans = _spans_after(last, contract.effective.lower, before, len(ahead))
    # Two never overlap, not even while they are moved: out of the way first.
    for number, period in enumerate(ahead):
        _move(period, NEVER + number * DAY, NEVER + (number + 1) * DAY)
    joined = list(zip(([last] if last else []) + ahead, spans, strict=True))
    for period, span in joined:
        period.contract, period.label = before, periods.label(span.start, before.zone)
        period.save(update_fields=["contract", "label"])
        _move(period, span.start, span.end)
    return [period.target for period, _ in joined]


def _spans_after(last: BillingPeriod | None, begins: datetime, before: Contract, count: int) -> list[periods.Span]:
    """Return the span of the last period, and of so many after it; ValidationError where there are not as many."""
    first = last.span.lower if last else begins
    # A period that was split once begins where no period of these terms does.
    terms = replace(before.terms, since=first)
    spans = list(islice(periods.between(first, NEVER, terms), count + bool(last)))
    if last and len(spans) <= count:
        # Between two versions there is no room for one more: what was split stays split.
        rest = replace(terms, since=begins)
        spans = [periods.Span(first, begins), *islice(periods.between(begins, NEVER, rest), count)]
    if len(spans) < count + bool(last):
        raise ValidationError("The version before it ends before the periods that are open. Correct it instead.")
    return spans


def fill_up(contract: Contract, *, actor: trail.Actor) -> None:
    """Open what is missing of a contract before the periods of the one that follows it, where those are open."""
    end = contract.effective.upper
    if end is not None and contract.organization.billing_periods.filter(span__startswith=end).exists():
        open_periods(contract=contract, actor=actor, through=end - timedelta(microseconds=1))


def check_open(present: Contract, at: datetime) -> None:
    """Raise ValidationError where a billing period of the contract that lasts beyond that time has left open."""
    later = present.billing_periods.filter(span__endswith__gt=at)
    if later.exclude(state=BillingPeriod.State.OPEN).exists():
        raise ValidationError("A billing period since then is no longer open. Choose a later time.")


def check_labels(organization: Organization) -> None:
    """Raise ValidationError where two billing periods are called alike: people and the gateway name them by that."""
    labels = list(organization.billing_periods.values_list("label", flat=True))
    if len(set(labels)) < len(labels):
        raise ValidationError("Another billing period begins on that day already. Choose another day.")


def _period(contract: Contract, organization: Organization, span: periods.Span) -> BillingPeriod:
    return BillingPeriod(
        contract=contract,
        organization=organization,
        span=TimestamptzRange(span.start, span.end, "[)"),
        label=periods.label(span.start, contract.zone),
    )


def _hand_over(ahead: Sequence[BillingPeriod], contract: Contract, *, at: datetime, same: tuple[int, str]) -> None:
    """Give periods in which nothing has happened to the contract; with other boundaries the first one begins then."""
    if ahead and (contract.anchor_day, contract.time_zone) != same:
        # Two never overlap, not even while they are moved: out of the way first.
        for number, period in enumerate(ahead):
            _move(period, NEVER + number * DAY, NEVER + (number + 1) * DAY)
        spans = list(islice(periods.between(at, NEVER, contract.terms), len(ahead)))
        if len(spans) < len(ahead):
            raise ValidationError("The contract ends before the billing periods that are open already.")
        for period, span in zip(ahead, spans, strict=True):
            _move(period, span.start, span.end)
            period.label = periods.label(span.start, contract.zone)
    for period in ahead:
        period.contract = contract
        period.save(update_fields=["contract", "label"])


def _move(period: BillingPeriod, start: datetime, end: datetime) -> None:
    period.span = TimestamptzRange(start, end, "[)")
    period.save(update_fields=["span"])


def _record_split(
    changed: Sequence[BillingPeriod], organization: Organization, *, actor: trail.Actor, at: datetime
) -> None:
    if not changed:
        return
    first, *others = changed
    trail.record(
        Verb.PERIOD_SPLIT,
        actor=actor,
        target=first.target,
        organization=organization.target,
        further=[period.target for period in others],
        detail={"ends_at": f"{at:%Y-%m-%dT%H:%M:%SZ}", **_told_of(others)},
    )


def _record_periods(opened: Sequence[BillingPeriod], organization: Organization, *, actor: trail.Actor) -> None:
    """One event, also where a contract that begins in the past brings many periods."""
    first, *others = opened
    trail.record(
        Verb.PERIOD_OPENED,
        actor=actor,
        target=first.target,
        organization=organization.target,
        further=[period.target for period in others],
        changes={
            "label": [None, ", ".join(period.label for period in opened)],
            "starts_at": [None, f"{first.span.lower:%Y-%m-%dT%H:%M:%SZ}"],
            "ends_at": [None, f"{opened[-1].span.upper:%Y-%m-%dT%H:%M:%SZ}"],
            "state": [None, first.state],
        },
        detail=_told_of(others),
    )


def _told_of(others: Sequence[BillingPeriod]) -> dict[str, str | int]:
    """How many periods an event is of besides the one that it names: its sentence stands at each of them."""
    return {"others": len(others)} if others else {}
