"""A call of every action on adjustments and rejects, with what it takes to make it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils import timezone

from audit import trail
from metering import actions, ledger
from metering.models import AdjustmentRequest, BillingPeriod, Generation, RejectedGeneration
from orgs import actions as organizations
from orgs.models import Staff
from tests import factories
from tests.cast import ACTOR
from tests.metering.conftest import generation

WHY = {"reason": "because"}


def _report(**fields: Any) -> str:
    """Have a generation of a new organization reported; its id."""
    halide = organizations.create_organization(actor=trail.SYSTEM, name="Halide")
    now = timezone.now()
    said = generation(factories.SecretFactory(key__organization=halide), now, **fields)
    ledger.append(items=[said], source="gw-eu-1", gateway="gwc_test", now=now)
    return str(said["generation_id"])


def _generation() -> Generation:
    return Generation.objects.get(pk=_report())


def _period() -> BillingPeriod:
    return _generation().organization.billing_periods.order_by("span")[0]


def _person() -> Staff:
    made: Staff = factories.StaffFactory()
    return made


def _asked() -> AdjustmentRequest:
    return actions.ask_to_void(generation=_generation(), asker=_person(), actor=ACTOR, **WHY)


def _decided() -> dict[str, Any]:
    return {"request": _asked(), "decider": _person(), "now": timezone.now(), **WHY}


def _withdrawn() -> dict[str, Any]:
    request = _asked()
    return {"request": request, "asker": request.requested_by, "now": timezone.now()}


def _reject(**fields: Any) -> dict[str, Any]:
    _report(**{"units": 0, **fields})
    return {"reject": RejectedGeneration.objects.get(), "now": timezone.now(), **WHY}


EVERY_ADJUSTMENT_ACTION: dict[Callable[..., Any], Callable[[], dict[str, Any]]] = {
    actions.ask_to_void: lambda: {"generation": _generation(), "asker": _person(), **WHY},
    actions.ask_for_money: lambda: {
        "period": _period(),
        "kind": "credit",
        "amount": Decimal("12.50"),
        "text": "Goodwill",
        "asker": _person(),
        **WHY,
    },
    actions.approve_adjustment: _decided,
    actions.decline_adjustment: _decided,
    actions.withdraw_adjustment: _withdrawn,
    actions.retry_reject: _reject,
    actions.dismiss_reject: _reject,
}
