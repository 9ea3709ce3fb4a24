"""Terms with a price list, and an organization whose contract began a while ago."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from audit import trail
from metering import rating
from metering.models import Contract
from metering.rating import Price, SlaCredit, Tier
from orgs import actions
from orgs.models import Organization

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
PRICED = replace(
    rating.unpriced(),
    included_generations=1_000,
    prices=(
        Price("v2 generations, 4K", "v2", ("4K",), (Tier(None, Decimal("0.0380")),)),
        Price("v2 generations", "v2", (), (Tier(100_000, Decimal("0.0140")), Tier(None, Decimal("0.0120")))),
    ),
    minimum_amount=Decimal("12000"),
    capacity_fee=Decimal("9.50"),
    sla_credits=(SlaCredit(Decimal("99.90"), Decimal("10")),),
    purchase_order="PO 44-1180",
    review_days=10,
)


@pytest.fixture
def tessera(db: None) -> Organization:
    """An organization since October; it is the tenth of November there, at noon."""
    with time_machine.travel(NOON - timedelta(days=20), tick=False):
        return actions.create_organization(actor=trail.SYSTEM, name="Tessera", status=Organization.Status.ACTIVE)


@pytest.fixture
def first(tessera: Organization) -> Contract:
    """Its contract, without a price for anything."""
    contract: Contract = tessera.contracts.get()
    return contract
