"""A period that cannot be looked at keeps no other one from it."""

from datetime import datetime

import pytest

from audit import trail
from metering import checks
from metering.models import BillingPeriod, PeriodCheck
from orgs import actions as organizations


@pytest.mark.django_db
def test_one_that_cannot_be_drafted_is_left_out(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Halide", "Kestrel"):
        organizations.create_organization(actor=trail.SYSTEM, name=name)
    broken = BillingPeriod.objects.filter(organization__name="Kestrel").values_list("pk", flat=True)
    usual = checks.drafts.of_periods

    def drafted(periods: list[BillingPeriod]) -> object:
        if any(period.pk in set(broken) for period in periods):
            raise ValueError("in another currency")
        return usual(periods)

    monkeypatch.setattr(checks.drafts, "of_periods", drafted)
    checks.refresh(now=now)
    assert set(PeriodCheck.objects.values_list("period__organization__name", flat=True)) == {"Halide"}
