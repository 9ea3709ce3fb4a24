"""A feed to read: changes, their forgetting, and a gateway that asks."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone

from orgs.models import Change, ChangeHead, Organization
from tests import factories
from tests.factories import OrganizationFactory
from tests.gateway.conftest import Gateway


class Reader(Gateway):
    """A gateway that reads the change feed."""

    def ask(self, **query: Any) -> HttpResponse:
        headers = {"Authorization": f"Bearer {self.text}"}
        return self.client.get("/gateway/v1/changes", query, headers=headers)

    def read(self, **query: Any) -> dict[str, Any]:
        """Ask, and return what was told."""
        response = self.ask(**query)
        assert response.status_code == 200, response.content
        told: dict[str, Any] = response.json()
        return told


@pytest.fixture
def reader(db: None) -> Reader:
    return Reader()


@pytest.fixture
def studio(db: None) -> Organization:
    made: Organization = OrganizationFactory()
    return made


def announced(studio: Organization, kind: str = "key.revoked") -> int:
    """Announce a change of a key as an action does; returns its number."""
    return factories.announced(studio, "8f3KQ2mZr01B", kind=kind)


def announced_ago(studio: Organization, **ago: float) -> int:
    """Write a change as it was announced so many days, hours … ago; returns its number."""
    head, _ = ChangeHead.objects.get_or_create(id=1)
    head.seq += 1
    head.save()
    at = timezone.now() - timedelta(**ago)
    Change.objects.create(seq=head.seq, at=at, kind="key.changed", organization=studio, version=1)
    return head.seq


def forget() -> int:
    """Run the retention of the feed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT orgs_forget_changes()")
        return int(cursor.fetchone()[0])
