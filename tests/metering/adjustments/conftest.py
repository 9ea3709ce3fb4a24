"""Halide's generations, Bea who asks for adjustments and Ada who decides them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from audit import trail
from keys.models import KeySecret
from metering import actions
from metering.models import Adjustment, AdjustmentRequest, BillingPeriod, Generation
from orgs.models import Organization, Staff
from tests.cast import ACTOR
from tests.factories import recording
from tests.metering.conftest import Report, generation

BEA = trail.Actor("staff", "stf_bea", "Bea")
WHY = {"reason": "The picture was black", "ticket": "SUP-7"}


def reported(report: Report, secret: KeySecret, at: datetime, **fields: Any) -> Generation:
    """Have a generation counted, and return it."""
    said = generation(secret, at, **fields)
    (result,) = report(said, at=fields.pop("now", at))
    assert result["status"].startswith("accepted"), result
    return Generation.objects.get(pk=said["generation_id"])


def asked(found: Generation, asker: Staff) -> AdjustmentRequest:
    return actions.ask_to_void(generation=found, asker=asker, actor=BEA, **WHY)


def credit(period: BillingPeriod, asker: Staff, **fields: Any) -> AdjustmentRequest:
    """Ask for a credit of 12 euros on the bill of a period, unless told otherwise."""
    wanted: dict[str, Any] = {"kind": "credit", "amount": Decimal(12), "text": "Goodwill", **fields}
    return actions.ask_for_money(period=period, asker=asker, actor=BEA, **WHY, **wanted)


def approve(request: AdjustmentRequest, decider: Staff, now: datetime) -> Adjustment:
    return actions.approve_adjustment(request=request, decider=decider, actor=ACTOR, now=now)


def close(period: BillingPeriod, state: str) -> None:
    """Take a period as far as this, by hand."""
    with transaction.atomic():
        recording.record_fixture(period.target.id, period.organization.uid)
        BillingPeriod.objects.filter(pk=period.pk).update(state=state)


@pytest.fixture
def period(halide: Organization, now: datetime) -> BillingPeriod:
    """The present period."""
    return halide.billing_periods.containing(now).get()


@pytest.fixture
def later(halide: Organization, period: BillingPeriod) -> BillingPeriod:
    """The one after it, opened ahead."""
    return halide.billing_periods.containing(period.span.upper).get()
