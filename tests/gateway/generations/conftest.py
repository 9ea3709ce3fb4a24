"""A customer with a contract and a billing period, and what a gateway says about a generation of its key."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from audit import trail, uuid7
from axis_admin.gateway import connections, handing, intake
from keys.models import KeySecret
from metering.models import Generation, RejectedGeneration
from orgs import actions
from orgs.models import Organization
from tests.factories import SecretFactory
from tests.gateway import handed
from tests.gateway.conftest import BeforeDjango, Gateway, rfc3339

Item = dict[str, Any]
Report = Callable[..., list[dict[str, Any]]]


@pytest.fixture(params=["judged by the gateway's process", "handed to the intake server"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test once on each way that a batch can go: they are one contract."""
    name: str = request.param
    if name.startswith("handed"):
        monkeypatch.setattr(settings, "INTAKE_SOCKET", "in this process")
        monkeypatch.setattr(handing, "_connected", lambda request: handed.Connection())
        monkeypatch.setattr(Gateway, "door", BeforeDjango)
        # The test's transaction is open on it.
        monkeypatch.setattr(intake, "close_old_connections", lambda: None)
        monkeypatch.setattr(connections, "leave_no_broken_one", lambda: None)
    return name


@pytest.fixture
def customer(db: None) -> Organization:
    return actions.create_organization(actor=trail.SYSTEM, name="Halide & Sons", status=Organization.Status.ACTIVE)


@pytest.fixture
def secret(customer: Organization) -> KeySecret:
    """The secret of a live key of that customer."""
    made: KeySecret = SecretFactory(key__organization=customer)
    return made


def generation(secret: KeySecret, at: datetime | None = None, **further: Any) -> Item:
    """A v2 generation that succeeded and cost one unit, unless told otherwise."""
    at = at or timezone.now()
    said = {
        "generation_id": str(uuid7.make(at)),
        "organization": secret.key.organization.uid,
        "key": secret.public_id,
        "api_version": "v2",
        "outcome": "succeeded",
        "units": 1,
        "occurred_at": rfc3339(at),
    }
    return {**said, **further}


@pytest.fixture
def report(calling: Gateway) -> Report:
    """Report items in one batch and return the results."""

    def post(*items: Any, dry_run: bool = False, source: str = "gw-eu-1") -> list[dict[str, Any]]:
        path = "generations?dry_run=true" if dry_run else "generations"
        response = calling.post(path, {"source": source, "generations": list(items)})
        assert response.status_code == 200, response.content
        results: list[dict[str, Any]] = response.json()["results"]
        return results

    return post


def stored() -> tuple[int, int]:
    """How many generations and how many rejects are kept."""
    return Generation.objects.count(), RejectedGeneration.objects.count()
