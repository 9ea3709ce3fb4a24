"""A contract's terms as rating reads them, and how much of a whole period a billing period is."""

from fractions import Fraction

from metering import periods, rating
from metering.models import BillingPeriod, Contract, ContractPrice
from metering.rating import agreed


def snapshot(contract: Contract) -> rating.Terms:
    """Return what the contract says now; `rating.Terms.to_json` is what a statement keeps of it."""
    return rating.Terms(
        number=contract.number,
        currency=contract.currency,
        anchor_day=contract.anchor_day,
        time_zone=contract.time_zone,
        included_generations=contract.included_generations,
        prices=tuple(_price(row) for row in contract.prices.all()),
        minimum_amount=contract.minimum_amount,
        capacity_fee=contract.capacity_fee,
        sla_credits=agreed.sla_credits(contract.sla_credits),
        purchase_order=contract.purchase_order,
        review_days=contract.review_days,
    )


def share_of(period: BillingPeriod) -> Fraction:
    """Return the days of a billing period by those of the whole one that it would be without its contract's ends."""
    return periods.share(periods.Span(period.span.lower, period.span.upper), period.contract.terms)


def _price(row: ContractPrice) -> rating.Price:
    return rating.Price(row.name, row.api_version, tuple(row.resolutions), agreed.tiers(row.tiers))
