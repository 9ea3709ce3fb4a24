"""A contract on fixed dates, its periods, and what was counted into them, without the ledger."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from psycopg.types.range import TimestamptzRange

from audit import trail
from keys.models import ApiKey
from metering import actions
from metering.models import BillingPeriod, Contract, ContractPrice, UsageDay, UsageHour
from orgs.models import Organization
from tests.factories import OrganizationFactory, SecretFactory, record_fixture

SINCE = datetime(2026, 8, 1, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
# It has ended, and so has its review window.
NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
# (version, resolutions, name, tiers up to and price)
Price = tuple[str, list[str], str, list[tuple[int | None, str]]]
PRICES: list[Price] = [
    ("v2", ["2K"], "v2 generations, up to 2K", [(None, "0.0140")]),
    ("v2", ["4K"], "v2 generations, 4K", [(100, "0.0380"), (None, "0.0300")]),
    ("v2", [], "v2 generations, others", [(None, "0.0200")]),
    ("v1", [], "v1 generations", [(None, "0.0110")]),
]


def a_contract(
    organization: Organization | None = None,
    *,
    prices: Sequence[Price] = PRICES,
    since: datetime = SINCE,
    through: datetime = NOW,
    **terms: Any,
) -> Contract:
    """A contract with a price list, and its periods up to the one that contains `through`."""
    organization = organization or OrganizationFactory()
    with transaction.atomic():
        record_fixture(organization.uid)
        span = TimestamptzRange(since, None, "[)")
        contract = Contract.objects.create(organization=organization, number=1, effective=span, **terms)
        ContractPrice.objects.bulk_create(
            ContractPrice(
                contract=contract,
                position=position,
                api_version=version,
                resolutions=resolutions,
                name=name,
                model="flat" if len(tiers) == 1 else "graduated",
                tiers=[{"up_to": up_to, "price": price} for up_to, price in tiers],
            )
            for position, (version, resolutions, name, tiers) in enumerate(prices)
        )
    actions.open_periods(contract=contract, actor=trail.SYSTEM, through=through)
    return contract


def a_later_contract(organization: Organization | None = None) -> Contract:
    """A second version of a contract, which begins years after anybody reads this."""
    first, begins = a_contract(organization), datetime(2990, 1, 1, tzinfo=UTC)
    with transaction.atomic():
        record_fixture(first.organization.uid)
        first.effective = TimestamptzRange(SINCE, begins, "[)")
        first.save()
        span = TimestamptzRange(begins, None, "[)")
        return Contract.objects.create(organization=first.organization, number=2, effective=span)


def period_of(contract: Contract, label: str = "2026-10") -> BillingPeriod:
    """The period of that name, with what pages read beside it."""
    return BillingPeriod.objects.select_related("organization", "contract").get(contract=contract, label=label)


def set_state(period: BillingPeriod, state: str, **columns: Any) -> BillingPeriod:
    """Put a period into a state, as if it had come there."""
    with transaction.atomic():
        record_fixture(period.organization.uid)
        BillingPeriod.objects.filter(pk=period.pk).update(state=state, **columns)
    return period_of(period.contract, period.label)


def in_review(contract: Contract, label: str = "2026-10", *, until: datetime | None = None) -> BillingPeriod:
    """A period whose review window is over, unless told otherwise."""
    period = period_of(contract, label)
    return set_state(period, "review", review_until=until or period.span.upper + timedelta(days=5))


def a_key(organization: Organization) -> ApiKey:
    """A live key of the organization, the same each time."""
    return organization.keys.first() or SecretFactory(key__organization=organization).key


def counted(
    period: BillingPeriod,
    generations: int,
    *,
    units: int | None = None,
    day: date | None = None,
    original: BillingPeriod | None = None,
    **dimensions: Any,
) -> None:
    """Generations in the rollups of a period: live, succeeded, v2 in 2K, unless told otherwise."""
    day = day or (original or period).span.lower.astimezone(UTC).date() + timedelta(days=3)
    said = {
        "organization": period.organization,
        "period": period,
        "original_period": original,
        "key": a_key(period.organization),
        "environment": "live",
        "api_version": "v2",
        "outcome": "succeeded",
        "resolution": "2K",
        "aspect_ratio": "1:1",
        "service_tier": "shared",
        "failure_cause": "",
        "generations": generations,
        "units": generations if units is None else units,
        **dimensions,
    }
    UsageDay.objects.create(day=day, **said)
    UsageHour.objects.create(hour=datetime(day.year, day.month, day.day, 9, tzinfo=UTC), **said)


def differing(organization: Organization | None = None) -> BillingPeriod:
    """A period that no gateway has told anything of."""
    period = in_review(a_contract(organization))
    counted(period, 10)
    return period


def held(organization: Organization | None = None) -> BillingPeriod:
    """A period that somebody holds."""
    period = in_review(a_contract(organization))
    return set_state(period, "review", held_at=NOW, held_by="Bea", hold_reason="a dispute")
