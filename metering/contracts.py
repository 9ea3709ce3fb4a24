"""Contracts: opened with an organization, replaced by their next version, corrected as long as nothing was billed."""

from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from audit import trail
from metering import contract_records, fences, period_openings, periods, rating, standing_money, term_rules
from metering import terms as kept
from metering.models import BillingPeriod, Contract, ContractPrice, UsageHour
from metering.rating import agreed
from orgs import actions as organizations
from orgs.models import Organization

# What somebody calls now has passed by the time that it is saved.
MOMENT = timedelta(minutes=1)
STALE = "stale"
CHANGED = "Somebody changed this contract meanwhile. Nothing was saved; look at it again."


@transaction.atomic
def open_contract(
    *,
    organization: Organization,
    actor: trail.Actor,
    since: datetime,
    until: datetime | None = None,
    terms: rating.Terms = rating.UNPRICED,
    reason: str = "",
    ticket: str = "",
) -> Contract:
    """Open a contract with its billing periods, up to the one after the present one.

    Raises ValidationError where another contract of the organization is in effect in that time.
    """
    organization = organizations.lock_organization(organization)
    contract = _new(organization, TimestamptzRange(since, until, "[)"), terms)
    contract.full_clean()
    _save(contract, terms)
    contract_records.opened(contract, kept.snapshot(contract), actor=actor, reason=reason, ticket=ticket)
    _open_periods(contract, actor=actor)
    return contract


@transaction.atomic
def replace_contract(
    *,
    organization: Organization,
    actor: trail.Actor,
    terms: rating.Terms,
    at: datetime | None = None,
    seen: int | None = None,
    reason: str = "",
    ticket: str = "",
) -> Contract:
    """Let the next version of an organization's contract hold from that instant, or from now; it splits a period.

    What happened before stays in the period that it is counted in. `seen` is the newest version that the person knows.
    Raises ValidationError where no contract is in effect then, where something was counted since a time that
    has passed, or where a period since then is no longer open.
    """
    # Batches that count come first: what they have put into a period stays before its new end.
    fences.alone(organization.pk)
    organization = organizations.lock_organization(organization)
    _check_seen(organization, seen)
    at = _instant(organization, at)
    present = _present(organization, at)
    period_openings.check_open(present, at)
    contract = _new(organization, TimestamptzRange(at, present.effective.upper, "[)"), terms)
    contract.full_clean(validate_constraints=False)
    before = kept.snapshot(present)
    present.effective = TimestamptzRange(present.effective.lower, at, "[)")
    present.save(update_fields=["effective"])
    _save(contract, terms)
    after = kept.snapshot(contract)
    contract_records.replaced(contract, present, before, after, actor=actor, reason=reason, ticket=ticket)
    period_openings.split_periods(present, contract, actor=actor, at=at)
    _open_periods(contract, actor=actor)
    period_openings.check_labels(organization)
    return contract


@transaction.atomic
def correct_contract(
    *,
    contract: Contract,
    actor: trail.Actor,
    terms: rating.Terms,
    reason: str,
    ticket: str = "",
    seen: int | None = None,
) -> Contract:
    """Let a contract say something else from its beginning, as long as no billing period of it has left open.

    When its periods begin is not corrected: generations are counted into them. Raises ValidationError for that, where
    a period is in review or further, where money in another currency stands on one, and where nothing differs.
    """
    fences.alone(contract.organization_id)
    organization = organizations.lock_organization(contract.organization)
    _check_seen(organization, seen)
    contract = organization.contracts.select_for_update().get(pk=contract.pk)
    before = kept.snapshot(contract)
    _check_correction(contract, before, terms)
    _say(contract, terms)
    contract.full_clean(validate_constraints=False)
    contract.save()
    contract.prices.all().delete()
    _save_prices(contract, terms)
    contract_records.corrected(contract, before, kept.snapshot(contract), actor=actor, reason=reason, ticket=ticket)
    return contract


def open_default_contract(*, organization: Organization, actor: trail.Actor) -> None:
    """Give a new organization its contract, from the start of the calendar month in which it was made."""
    since = periods.month_start(organization.created_at, organization.zone)
    terms = rating.unpriced(time_zone=organization.time_zone)
    open_contract(organization=organization, actor=actor, since=since, terms=terms)


def can_be_corrected(contract: Contract) -> bool:
    """Whether no billing period of the contract has left open."""
    return not contract.billing_periods.exclude(state=BillingPeriod.State.OPEN).exists()


def _check_correction(contract: Contract, before: rating.Terms, after: rating.Terms) -> None:
    if not can_be_corrected(contract):
        raise ValidationError(
            f"A billing period of version {contract.number} is no longer open: it stays as it is. "
            "Let its next version begin instead."
        )
    if (before.anchor_day, before.time_zone) != (after.anchor_day, after.time_zone):
        raise ValidationError({"anchor_day": "Periods begin elsewhere only from a later version on."})
    if contract_records.are_same(before, after):
        raise ValidationError("Nothing is different from what the contract says.")
    if before.currency != after.currency:
        standing_money.check_currency(contract.billing_periods.all(), after.currency)


def _check_seen(organization: Organization, seen: int | None) -> None:
    if seen is not None and _latest(organization) != seen:
        raise ValidationError(CHANGED, code=STALE)


def _instant(organization: Organization, at: datetime | None) -> datetime:
    """Return when it is to begin; ValidationError for a time that has passed and since which something was counted."""
    now = timezone.now()
    if at is None:
        return now
    since = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if at < now - MOMENT and UsageHour.objects.filter(organization=organization, hour__gte=since).exists():
        raise ValidationError({"at": "Generations were counted since then. Choose a later time."})
    return at


def _present(organization: Organization, at: datetime) -> Contract:
    """Return the contract that is in effect then, locked."""
    present = organization.contracts.select_for_update().covering(at).first()
    if present is None:
        raise ValidationError(f"No contract of {organization} is in effect then.")
    if present.effective.lower == at:
        raise ValidationError({"at": f"Version {present.number} begins then. Correct it, or choose another time."})
    return present


def _new(organization: Organization, effective: TimestamptzRange, terms: rating.Terms) -> Contract:
    contract = Contract(organization=organization, number=_latest(organization) + 1, effective=effective)
    _say(contract, terms)
    return contract


def _latest(organization: Organization) -> int:
    """The number of the newest version; 0 where there is none. The caller has locked the organization."""
    latest = organization.contracts.order_by("number").last()
    return latest.number if latest else 0


def _say(contract: Contract, terms: rating.Terms) -> None:
    if found := term_rules.problems(terms):
        raise ValidationError([text for _, text in found])
    contract.currency = terms.currency
    contract.anchor_day = terms.anchor_day
    contract.time_zone = terms.time_zone
    contract.included_generations = terms.included_generations
    contract.minimum_amount = terms.minimum_amount
    contract.capacity_fee = terms.capacity_fee
    contract.sla_credits = terms.to_json()["sla_credits"]
    contract.purchase_order = terms.purchase_order
    contract.review_days = terms.review_days


def _save(contract: Contract, terms: rating.Terms) -> None:
    contract.save(force_insert=True)
    _save_prices(contract, terms)


def _save_prices(contract: Contract, terms: rating.Terms) -> None:
    kinds = ContractPrice.Model
    ContractPrice.objects.bulk_create(
        ContractPrice(
            contract=contract,
            position=position,
            api_version=price.api_version,
            resolutions=list(price.resolutions),
            name=price.name,
            model=kinds.FLAT if price.is_flat else kinds.GRADUATED,
            tiers=agreed.tiers_to_json(price.tiers),
        )
        for position, price in enumerate(terms.prices, 1)
    )


def _open_periods(contract: Contract, *, actor: trail.Actor) -> None:
    """Open its periods up to the one after the present one; of one that begins where one ends, the first two.

    One that begins long after has none yet: they would stand apart, and what is late would be counted into them.
    """
    begins, now = contract.effective.lower, timezone.now()
    adjoins = contract.organization.billing_periods.filter(span__endswith=begins).exists()
    through = period_openings.far_enough(contract, max(now, begins) if adjoins else now)
    period_openings.open_periods(contract=contract, actor=actor, through=through)
