"""A customer whose calls go through the gateway's own door, and somebody who looks on."""

from collections.abc import Callable

import pytest
from django.test import Client

from keys.models import KeySecret
from orgs.models import Organization, Staff
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway, a_patient_and_empty_counter_store

__all__ = ["a_patient_and_empty_counter_store"]


@pytest.fixture
def calling(db: None) -> Gateway:
    return Gateway(name="gw-eu")


@pytest.fixture
def secret(her_organization: Organization) -> KeySecret:
    made: KeySecret = SecretFactory(key__organization=her_organization, key__name="render-farm")
    return made


@pytest.fixture
def look(browser_of: Callable[[Staff], Client], administrator: Staff, secret: KeySecret) -> Callable[..., str]:
    """Open the page; as a fragment with `part`, as the administrator unless it says otherwise."""

    def opened(person: Staff | None = None, *, part: bool = False, query: str = "") -> str:
        client = browser_of(person or administrator)
        headers = {"HX-Request": "true"} if part else {}
        response = client.get(f"/orgs/{secret.key.organization.uid}/live/{query}", headers=headers)
        assert response.status_code == 200
        return str(response.content.decode())

    return opened
