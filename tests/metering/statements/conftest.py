"""A final October of Halide."""

import pytest

from metering.models import BillingPeriod, Statement
from orgs.models import Organization
from tests.factories import OrganizationFactory
from tests.metering.statements.given import an_october, issued


@pytest.fixture
def halide(db: None) -> Organization:
    """Halide & Sons, of Lisbon."""
    return OrganizationFactory(
        name="Halide & Sons", slug="halide-sons", legal_name="Halide & Sons Lda.", time_zone="Europe/Lisbon"
    )


@pytest.fixture
def october(halide: Organization) -> BillingPeriod:
    """A period of theirs that has ended."""
    return an_october(halide)


@pytest.fixture
def statement(october: BillingPeriod) -> Statement:
    """Its statement: the period is final."""
    return issued(october)
