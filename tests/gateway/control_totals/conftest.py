"""A gateway that says what it has counted."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse

from audit import trail
from orgs import actions
from orgs.models import Organization
from tests.gateway.conftest import Gateway

Tell = Callable[..., HttpResponse]
# Long past, so that no clock matters.
EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
THROUGH = "2026-03-02T09:00:00.000Z"


@pytest.fixture
def customer(db: None) -> Organization:
    return actions.create_organization(actor=trail.SYSTEM, name="Halide & Sons", status=Organization.Status.ACTIVE)


def total(organization: Organization | str, **fields: Any) -> dict[str, Any]:
    """812 of version v2 in the hour from eight on, unless told otherwise."""
    uid = organization if isinstance(organization, str) else organization.uid
    said = {"hour": "2026-03-02T08:00:00.000Z", "organization": uid, "api_version": "v2", "succeeded": 812}
    return {**said, **fields}


@pytest.fixture
def tell(calling: Gateway) -> Tell:
    """Tell totals of one source in one call."""

    def post(*totals: Any, **fields: Any) -> HttpResponse:
        said = {"source": "gw-eu-1", "complete_through": THROUGH, "totals": list(totals), **fields}
        return calling.post("control-totals", said)

    return post
