"""How terms are written for people: on the contract's page, in its difference, and in the audit log. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from metering import currencies
from metering.rating import Price, SlaCredit, Terms

Said = str | int | list[str] | None
LABELS = {
    "currency": "Currency",
    "anchor_day": "Periods begin on day",
    "time_zone": "At midnight in",
    "included_generations": "Included generations",
    "minimum_amount": "Minimum",
    "capacity_fee": "Capacity fee",
    "prices": "Price list",
    "sla_credits": "SLA credits",
    "purchase_order": "Purchase order",
    "review_days": "Review window",
}


def facts(terms: Terms) -> dict[str, Said]:
    """Return what the terms say by field, as the audit log keeps it."""
    return {
        "currency": terms.currency,
        "anchor_day": terms.anchor_day,
        "time_zone": terms.time_zone,
        "included_generations": terms.included_generations,
        "minimum_amount": _amount(terms.minimum_amount, terms.currency),
        "capacity_fee": _amount(terms.capacity_fee, terms.currency),
        "prices": [price(one, terms.currency) for one in terms.prices] or None,
        "sla_credits": [credit(one) for one in terms.sla_credits] or None,
        "purchase_order": terms.purchase_order or None,
        "review_days": terms.review_days,
    }


def shown(terms: Terms) -> list[tuple[str, str]]:
    """Return what the terms say besides prices, each with its name."""
    said = facts(terms)
    included, minimum, fee = terms.included_generations, said["minimum_amount"], said["capacity_fee"]
    return [
        ("Currency", terms.currency),
        ("Billing periods", f"from day {terms.anchor_day} of the month, at midnight in {terms.time_zone}"),
        ("Included", f"{included:,} generations a period" if included else "nothing"),
        ("Minimum", f"{minimum} of usage a period" if minimum else "none"),
        ("Capacity fee", f"{fee} a reserved unit and day" if fee else "none"),
        ("SLA credits", ", ".join(map(credit, terms.sla_credits)) or "none"),
        ("Purchase order", terms.purchase_order or "none"),
        ("Review window", f"{terms.review_days} days after a period’s end"),
    ]


def price_list(terms: Terms) -> list[tuple[str, str, str]]:
    """Return the name of each line, what it is for, and what a cost unit of it costs."""
    return [(one.name, covers(one, terms), steps(one, terms.currency)) for one in terms.prices]


def changes(before: Terms | None, after: Terms) -> dict[str, list[Said]]:
    """Return what differs by field: before and after; everything where there was nothing before."""
    old: Mapping[str, Said] = facts(before) if before else {}
    return {name: [old.get(name), new] for name, new in facts(after).items() if old.get(name) != new}


def price(one: Price, currency: str) -> str:
    """Say a line of the price list: `v2 generations, 4K (v2 at 4K): €0.0380`."""
    return f"{one.name} ({covers(one)}): {steps(one, currency)}"


def covers(one: Price, terms: Terms | None = None) -> str:
    """Say what a line is for: `v2 at 1K, 2K`, or `v1 at any other resolution`; of terms where no other is, `any`."""
    is_only = terms is not None and sum(each.api_version == one.api_version for each in terms.prices) == 1
    rest = "any resolution" if is_only else "any other resolution"
    return f"{one.api_version} at {', '.join(map(_resolution, one.resolutions)) or rest}"


def steps(one: Price, currency: str) -> str:
    """Say the prices of a cost unit: `€0.0120 up to 100,000, then €0.0100`."""
    said = []
    for tier in one.tiers:
        amount = currencies.unit_price(tier.price, currency)
        said.append(amount if tier.up_to is None else f"{amount} up to {tier.up_to:,}")
    return ", then ".join(said)


def credit(one: SlaCredit) -> str:
    """Say an SLA credit: `10% below 99.90%`."""
    return f"{one.credit:f}% below {one.below:f}%"


def _resolution(name: str) -> str:
    return name or "none told"


def _amount(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else currencies.said(amount, currency)
