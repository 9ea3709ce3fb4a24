"""Contracts and the billing periods that follow from them: opened with it, ahead of time, or when needed."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from audit import trail
from audit.verbs import Verb
from metering import periods
from metering.models import BillingPeriod, Contract
from orgs import actions as organizations
from orgs.models import Organization


@transaction.atomic
def open_contract(
    *,
    organization: Organization,
    actor: trail.Actor,
    since: datetime,
    until: datetime | None = None,
    anchor_day: int = 1,
    time_zone: str = "UTC",
    currency: str = "EUR",
    included_generations: int = 0,
) -> Contract:
    """Open a contract with its billing periods, up to the one after the present one.

    Raises ValidationError where another contract of the organization is in effect in that time.
    """
    contract = Contract(
        organization=organizations.lock_organization(organization),
        effective=TimestamptzRange(since, until, "[)"),
        anchor_day=anchor_day,
        time_zone=time_zone,
        currency=currency,
        included_generations=included_generations,
    )
    contract.full_clean()
    contract.save(force_insert=True)
    _record_contract(contract, actor=actor)
    open_periods(contract=contract, actor=actor, through=_far_enough(contract, timezone.now()))
    return contract


def open_default_contract(*, organization: Organization, actor: trail.Actor) -> None:
    """Give a new organization its contract, from the start of the calendar month in which it was made."""
    since = periods.month_start(organization.created_at, organization.zone)
    open_contract(organization=organization, actor=actor, since=since, time_zone=organization.time_zone)


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
        opened += open_periods(contract=contract, actor=actor, through=_far_enough(contract, now))
    return opened


def _far_enough(contract: Contract, now: datetime) -> datetime:
    """The beginning of the period after the present one."""
    present = periods.containing(now, contract.terms)
    return present.end if present else now


def _period(contract: Contract, organization: Organization, span: periods.Span) -> BillingPeriod:
    return BillingPeriod(
        contract=contract,
        organization=organization,
        span=TimestamptzRange(span.start, span.end, "[)"),
        label=periods.label(span.start, contract.zone),
    )


def _record_contract(contract: Contract, *, actor: trail.Actor) -> None:
    trail.record(
        Verb.CONTRACT_OPENED,
        actor=actor,
        target=contract.target,
        organization=contract.organization.target,
        changes={
            "currency": [None, contract.currency],
            "effective_from": [None, f"{contract.effective.lower.astimezone(contract.zone):%Y-%m-%d}"],
            "anchor_day": [None, contract.anchor_day],
            "time_zone": [None, contract.time_zone],
            "included_generations": [None, contract.included_generations],
        },
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
    )
