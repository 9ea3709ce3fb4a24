"""Adjustments that somebody asked for, and reports that were not counted."""

from typing import Any

from django.utils import timezone

from keys.models import ApiKey
from metering import actions, ledger
from metering.models import AdjustmentRequest, Generation, RejectedGeneration
from orgs.models import Organization, Staff
from tests import factories
from tests.cast import ACTOR
from tests.metering.conftest import generation

WHY = {"reason": "The picture was black", "ticket": "SUP-7"}


def a_generation(organization: Organization) -> Generation:
    """One that succeeded, of a live key of the organization, which may have no contract."""
    said = _reported(organization)
    return Generation.objects.get(pk=said["generation_id"])


def a_request(organization: Organization, asker: Staff | None = None) -> AdjustmentRequest:
    """A request to void one of its generations, by somebody else unless told otherwise."""
    person = asker or factories.StaffFactory()
    return actions.ask_to_void(generation=a_generation(organization), asker=person, actor=ACTOR, **WHY)


def a_reject(organization: Organization, **fields: Any) -> RejectedGeneration:
    """A report of one of its keys that cost nothing, so that it was rejected, unless told otherwise."""
    said = _reported(organization, **{"units": 0, **fields})
    return RejectedGeneration.objects.get(generation_id=said["generation_id"])


def _reported(organization: Organization, **fields: Any) -> dict[str, Any]:
    key = ApiKey.objects.filter(organization=organization, environment="live").first()
    secret = key.secrets.get(state="active") if key else factories.SecretFactory(key__organization=organization)
    now = timezone.now()
    said = generation(secret, now, **fields)
    ledger.append(items=[said], source="gw-eu-1", gateway="gwc_test", now=now)
    return said
