"""What terms may say. Pure: every problem with the field that it belongs to, in words for whoever typed it."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import available_timezones

from metering import currencies
from metering.rating import Price, SlaCredit, Terms, Tier

VERSIONS = ("v1", "v2")
LONGEST_RESOLUTION, LONGEST_NAME, LONGEST_REVIEW = 16, 80, 90
MOST_PRICES, MOST_TIERS = 30, 10
# As the database keeps a price.
LARGEST_PRICE, PRICE_DECIMALS = Decimal(10) ** 8, currencies.PRICE_DECIMALS
LARGEST_AMOUNT = Decimal(10) ** 12
LARGEST_COUNT = 10**15

Problem = tuple[str, str]


def problems(terms: Terms) -> list[Problem]:
    """Return the field and the sentence of everything that cannot be agreed to."""
    return [*_of_time(terms), *_of_amounts(terms), *_of_prices(terms.prices), *_of_credits(terms.sla_credits)]


def _of_time(terms: Terms) -> Iterator[Problem]:
    if not 1 <= terms.anchor_day <= 31:
        yield "anchor_day", "A day of the month is 1 to 31."
    # Two names in the list are no place: one is whatever the machine says, the other nothing.
    if terms.time_zone not in available_timezones() - {"localtime", "Factory"}:
        yield "time_zone", "There is no such time zone. Write it as in Europe/Lisbon or UTC."
    if not 0 <= terms.review_days <= LONGEST_REVIEW:
        yield "review_days", f"A review window has 0 to {LONGEST_REVIEW} days."


def _of_amounts(terms: Terms) -> Iterator[Problem]:
    if not currencies.is_known(terms.currency):
        yield "currency", "Write the three letters of a currency, such as EUR."
        return
    if not 0 <= terms.included_generations <= LARGEST_COUNT:
        yield "included_generations", "This is no number of generations."
    minimum, fee = terms.minimum_amount, terms.capacity_fee
    if minimum is not None and not 0 < minimum < LARGEST_AMOUNT:
        yield "minimum_amount", "A minimum is above zero. Leave it empty for none."
    elif minimum is not None and _decimals(minimum) > currencies.decimals(terms.currency):
        yield "minimum_amount", f"{terms.currency} has {currencies.decimals(terms.currency)} decimals."
    if fee is not None and (not 0 <= fee < LARGEST_AMOUNT or _decimals(fee) > 6):
        yield "capacity_fee", "A fee is not below zero, and has at most 6 decimals."


def _of_prices(prices: tuple[Price, ...]) -> Iterator[Problem]:
    if len(prices) > MOST_PRICES:
        yield "prices", f"A price list has at most {MOST_PRICES} lines."
    for price in prices:
        yield from (("prices", f"{price.name or 'A line'}: {text}") for text in _of_line(price))
    slots = Counter((price.api_version, one) for price in prices for one in price.resolutions)
    for version, resolution in (slot for slot, times in slots.items() if times > 1):
        yield "prices", f"{version} at {resolution} has more than one price."
    rest = Counter(price.api_version for price in prices if not price.resolutions)
    for version in (version for version, times in rest.items() if times > 1):
        yield "prices", f"{version} at any other resolution has more than one price."


def _of_line(price: Price) -> Iterator[str]:
    if not price.name.strip() or len(price.name) > LONGEST_NAME:
        yield f"a name has 1 to {LONGEST_NAME} characters."
    if price.api_version not in VERSIONS:
        yield f"there is no API version {price.api_version}."
    if any(len(one) > LONGEST_RESOLUTION for one in price.resolutions):
        yield f"a resolution has at most {LONGEST_RESOLUTION} characters."
    yield from _of_tiers(price.tiers)


def _of_tiers(tiers: tuple[Tier, ...]) -> Iterator[str]:
    ends = [tier.up_to for tier in tiers[:-1]]
    if not tiers or tiers[-1].up_to is not None:
        yield "the last price has no end."
    if len(tiers) > MOST_TIERS:
        yield f"there are at most {MOST_TIERS} tiers."
    known = [end for end in ends if end is not None]
    if len(known) < len(ends) or known != sorted(set(known)) or any(not 0 < end <= LARGEST_COUNT for end in known):
        yield "tiers rise: each ends after the one before it."
    if any(not 0 <= tier.price < LARGEST_PRICE or _decimals(tier.price) > PRICE_DECIMALS for tier in tiers):
        yield f"a price is not below zero, and has at most {PRICE_DECIMALS} decimals."


def _of_credits(credits: tuple[SlaCredit, ...]) -> Iterator[Problem]:
    if any(not 0 < one.below <= 100 or not 0 < one.credit <= 100 for one in credits):
        yield "sla_credits", "Availability and credit are percent: above 0, at most 100."
    if len({one.below for one in credits}) < len(credits):
        yield "sla_credits", "The same availability stands there twice."


def _decimals(amount: Decimal) -> int:
    """Count its decimals, without the zeros that a column or a person has added."""
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else LARGEST_COUNT
