"""What the invented customers have agreed to pay."""

from datetime import datetime
from itertools import pairwise

import pytest

from metering import period_usage, rating, terms
from metering.models import Contract
from orgs.models import Organization

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo")]


def test_everything_that_is_billed_has_a_price(demo: str, begun: datetime) -> None:
    for organization in Organization.objects.exclude(plan_version__plan__code="pilot"):
        periods = list(organization.billing_periods.select_related("contract").order_by("span"))
        assert all(one.span.upper == other.span.lower for one, other in pairwise(periods))
        counted = period_usage.of_periods(period.pk for period in periods)
        for period in periods:
            agreed, share = terms.snapshot(period.contract), terms.share_of(period)
            assert not rating.rate(agreed, counted[period.pk].own, share).unpriced, (organization, period)


def test_contracts_are_of_every_kind(demo: str, begun: datetime) -> None:
    present = [terms.snapshot(contract) for contract in Contract.objects.covering(begun)]
    assert {price.is_flat for each in present for price in each.prices} == {True, False}
    assert len({each.currency for each in present}) > 5
    assert len({each.anchor_day for each in present}) > 4
    for said in ("minimum_amount", "capacity_fee", "included_generations", "sla_credits"):
        assert any(getattr(each, said) for each in present), said
    coming = Contract.objects.filter(effective__startswith__gt=begun)
    assert {contract.organization.slug for contract in coming} == {"northlight", "tessera"}
