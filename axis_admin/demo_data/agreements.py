"""What the studios have agreed to pay: flat and graduated prices, minimums, capacity, other days and currencies."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from audit import trail
from axis_admin.demo_data.studios import STUDIOS, Studio
from metering import actions, periods
from metering.models import Contract
from metering.rating import Price, SlaCredit, Terms, Tier
from orgs.models import Organization

SIGNED, RENEWED = "As it was signed", "Renewed for another year, prices as offered"
PROMISED = (SlaCredit(Decimal("99.90"), Decimal(10)), SlaCredit(Decimal("99.00"), Decimal(25)))


def _flat(name: str, version: str, price: str, *resolutions: str) -> Price:
    return Price(name, version, resolutions, (Tier(None, Decimal(price)),))


def _graduated(name: str, version: str, first: str, up_to: int, then: str) -> Price:
    return Price(name, version, (), (Tier(up_to, Decimal(first)), Tier(None, Decimal(then))))


@dataclass(frozen=True)
class Agreement:
    """The terms of a studio; amounts in its currency. `coming` are those of the version after the present one."""

    currency: str
    prices: tuple[Price, ...]
    anchor_day: int = 1
    included: int = 0
    minimum: int | None = None
    capacity_fee: str = ""
    credits: tuple[SlaCredit, ...] = ()
    review_days: int = 5
    coming: tuple[Price, ...] = ()

    def terms(self, studio: Studio) -> Terms:
        """Return the whole of it, in the studio's zone."""
        return Terms(
            number=0,
            currency=self.currency,
            anchor_day=self.anchor_day,
            time_zone=studio.zone,
            included_generations=self.included,
            prices=self.prices,
            minimum_amount=None if self.minimum is None else Decimal(self.minimum),
            capacity_fee=Decimal(self.capacity_fee) if self.capacity_fee else None,
            sla_credits=self.credits,
            purchase_order=studio.purchase_order,
            review_days=self.review_days,
        )


def _three(up_to_2k: str, large: str, v1: str) -> tuple[Price, ...]:
    return (
        _flat("v2 generations, up to 2K", "v2", up_to_2k, "1K", "2K"),
        _flat("v2 generations, 4K", "v2", large, "4K"),
        _flat("v1 generations", "v1", v1),
    )


AGREEMENTS = {
    "kestrel": Agreement(
        "GBP", (_graduated("v2 generations", "v2", "0.34", 6_000, "0.29"), _flat("v1 generations", "v1", "0.19")),
        included=1_000, minimum=2_500, capacity_fee="9.50", credits=PROMISED,
    ),
    "vantage": Agreement(
        "EUR", (_flat("v2 generations", "v2", "0.38"), _flat("v1 generations", "v1", "0.22")),
        anchor_day=15, included=200,
    ),
    "halide": Agreement(
        "EUR", _three("0.36", "0.48", "0.21"), included=400, minimum=1_200, capacity_fee="9.50", credits=PROMISED,
        review_days=31,
    ),
    "palomar": Agreement(
        "USD", (_graduated("v2 generations", "v2", "0.42", 4_000, "0.35"), _flat("v1 generations", "v1", "0.2450")),
        anchor_day=20, minimum=2_000, capacity_fee="11", credits=PROMISED[:1], review_days=10,
    ),
    "second-unit": Agreement("JPY", (_flat("v2 generations", "v2", "55"), _flat("v1 generations", "v1", "32.5"))),
    "oriole": Agreement(
        "CAD", (_graduated("v2 generations", "v2", "0.55", 3_000, "0.4825"), _flat("v1 generations", "v1", "0.31")),
        anchor_day=31, included=500, minimum=1_500, credits=PROMISED,
    ),
    "northlight": Agreement(
        "SEK", _three("4.10", "5.20", "2.40"), minimum=18_000, capacity_fee="105", credits=PROMISED,
        coming=_three("4.30", "5.20", "2.40"),
    ),
    "tessera": Agreement("EUR", (), coming=_three("0.40", "0.52", "0.24")),
    "lanternhouse": Agreement(
        "USD", (_flat("v2 generations", "v2", "0.30"), _flat("v1 generations", "v1", "0.18")), anchor_day=5,
    ),
    "ostrava": Agreement(
        "CZK", (_flat("v2 generations", "v2", "9.20"), _flat("v1 generations", "v1", "5.50")),
        anchor_day=10, included=100,
    ),
    "marlowe": Agreement("USD", _three("0.40", "0.55", "0.25"), minimum=1_000),
}  # fmt: skip


def sign(organizations: Mapping[str, Organization], *, actor: trail.Actor, now: datetime) -> None:
    """Give each studio the terms that it has agreed to; before it generates anything."""
    for studio in STUDIOS:
        if studio.slug in AGREEMENTS:
            _sign(organizations[studio.slug], studio, AGREEMENTS[studio.slug], actor=actor, now=now)


def _sign(
    organization: Organization, studio: Studio, agreement: Agreement, *, actor: trail.Actor, now: datetime
) -> None:
    contract, terms = organization.contracts.get(), agreement.terms(studio)
    if agreement.prices and agreement.anchor_day == contract.anchor_day:
        actions.correct_contract(contract=contract, actor=actor, terms=terms, reason=SIGNED)
    elif agreement.prices:
        _move(contract, terms, actor=actor)
    if agreement.coming:
        coming = replace(terms, prices=agreement.coming)
        at = _from(organization, studio, now)
        actions.replace_contract(organization=organization, actor=actor, terms=coming, at=at, reason=RENEWED)


def _move(contract: Contract, terms: Terms, *, actor: trail.Actor) -> None:
    """Let its periods begin on another day; what it pays until then is the same, without a minimum."""
    until_then = replace(terms, anchor_day=contract.anchor_day, minimum_amount=None, capacity_fee=None)
    actions.correct_contract(contract=contract, actor=actor, terms=until_then, reason=SIGNED)
    month = contract.effective.lower.astimezone(contract.zone)
    at = periods.boundary(
        month.year * periods.MONTHS + month.month - 1, anchor_day=terms.anchor_day, zone=contract.zone
    )
    actions.replace_contract(organization=contract.organization, actor=actor, terms=terms, at=at, reason=SIGNED)


def _from(organization: Organization, studio: Studio, now: datetime) -> datetime:
    """When another version begins: with the next period, or when its pilot ends."""
    if studio.pilot:
        day = (now + timedelta(days=studio.pilot.left)).astimezone(organization.zone)
        return datetime(day.year, day.month, day.day, tzinfo=organization.zone).astimezone(UTC)
    return periods.next_month(now, organization.zone)
