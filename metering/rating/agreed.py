"""The terms of a contract as rating reads them, and as a statement keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Tier:
    """The price of a cost unit up to that many billed ones, the last of them included; None: of all the others."""

    up_to: int | None
    price: Decimal


@dataclass(frozen=True)
class Price:
    """A line of the price list: one tier is a flat price. Without resolutions it is for all that no line names."""

    name: str
    api_version: str
    resolutions: tuple[str, ...]
    tiers: tuple[Tier, ...]

    @property
    def is_flat(self) -> bool:
        return len(self.tiers) == 1


@dataclass(frozen=True)
class SlaCredit:
    """Below that availability, so many percent of what the API version's usage cost are given back."""

    below: Decimal
    credit: Decimal


@dataclass(frozen=True)
class Terms:
    """What a contract says about money; `minimum_amount` is of usage, `capacity_fee` is per reserved unit and day."""

    number: int
    currency: str
    anchor_day: int
    time_zone: str
    included_generations: int = 0
    prices: tuple[Price, ...] = ()
    minimum_amount: Decimal | None = None
    capacity_fee: Decimal | None = None
    sla_credits: tuple[SlaCredit, ...] = ()
    purchase_order: str = ""
    review_days: int = 5

    def price_of(self, api_version: str, resolution: str) -> Price | None:
        """Return the line of the price list that such generations are billed on; None: they have no price."""
        of_version = [price for price in self.prices if price.api_version == api_version]
        named = (price for price in of_version if resolution in price.resolutions)
        return next(named, None) or next((price for price in of_version if not price.resolutions), None)

    def to_json(self) -> dict[str, Any]:
        """Return the terms as JSON holds them, decimals as text."""
        return {
            "number": self.number,
            "currency": self.currency,
            "anchor_day": self.anchor_day,
            "time_zone": self.time_zone,
            "included_generations": self.included_generations,
            "prices": [_price_to_json(price) for price in self.prices],
            "minimum_amount": _text(self.minimum_amount),
            "capacity_fee": _text(self.capacity_fee),
            "sla_credits": [{"below": _text(one.below), "credit": _text(one.credit)} for one in self.sla_credits],
            "purchase_order": self.purchase_order,
            "review_days": self.review_days,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Terms":
        """Return the terms that `to_json` has written."""
        return cls(
            number=kept["number"],
            currency=kept["currency"],
            anchor_day=kept["anchor_day"],
            time_zone=kept["time_zone"],
            included_generations=kept["included_generations"],
            prices=tuple(_price(one) for one in kept["prices"]),
            minimum_amount=_decimal(kept["minimum_amount"]),
            capacity_fee=_decimal(kept["capacity_fee"]),
            sla_credits=sla_credits(kept["sla_credits"]),
            purchase_order=kept["purchase_order"],
            review_days=kept["review_days"],
        )


def unpriced(*, currency: str = "EUR", anchor_day: int = 1, time_zone: str = "UTC") -> Terms:
    """Return terms without a price for anything: what an organization has until something is agreed."""
    return Terms(0, currency, anchor_day, time_zone)


UNPRICED = unpriced()


def tiers(kept: list[dict[str, Any]]) -> tuple[Tier, ...]:
    """Read tiers as JSON holds them: `[{"up_to": 100000, "price": "0.0140"}, {"up_to": null, "price": "0.0120"}]`."""
    return tuple(Tier(one["up_to"], Decimal(one["price"])) for one in kept)


def tiers_to_json(found: tuple[Tier, ...]) -> list[dict[str, Any]]:
    """Return tiers as JSON holds them."""
    return [{"up_to": tier.up_to, "price": _text(tier.price)} for tier in found]


def sla_credits(kept: list[dict[str, str]]) -> tuple[SlaCredit, ...]:
    """Read SLA credits as JSON holds them: `[{"below": "99.90", "credit": "10"}]`."""
    return tuple(SlaCredit(Decimal(one["below"]), Decimal(one["credit"])) for one in kept)


def _price_to_json(price: Price) -> dict[str, Any]:
    return {
        "name": price.name,
        "api_version": price.api_version,
        "resolutions": list(price.resolutions),
        "tiers": tiers_to_json(price.tiers),
    }


def _price(kept: Mapping[str, Any]) -> Price:
    return Price(kept["name"], kept["api_version"], tuple(kept["resolutions"]), tiers(kept["tiers"]))


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
