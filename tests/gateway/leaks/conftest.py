"""A scanner that has found something."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from keys.models import KeySecret, SecretUse
from tests.gateway.conftest import Gateway


class Scanner(Gateway):
    """A credential that may report leaks alone."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**{"scopes": ["leaks:report"], **fields})

    def report(self, text: str, **fields: Any) -> list[tuple[str, str]]:
        """Report a text; returns the public id and status of each result."""
        body = {"source": "scanner", "url": "https://example.com/paste/7", "text": text, **fields}
        response = self.post("leaks", body)
        assert response.status_code == 200, response.content
        return [(one["public_id"], one["status"]) for one in response.json()["results"]]


@pytest.fixture
def scanner(db: None) -> Scanner:
    return Scanner()


@pytest.fixture
def in_use(secret: KeySecret) -> KeySecret:
    """A secret that a customer's production calls with."""
    now = timezone.now()
    SecretUse.objects.create(secret=secret, first_used_at=now - timedelta(days=9), last_used_at=now)
    return secret
