"""Somebody pastes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from audit import uuid7
from keys.models import KeySecret
from metering import ledger, passed
from orgs.models import Organization
from tests.factories import SecretFactory


class Box:
    """The paste box of a signed-in person."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def paste(self, text: str, **more: Any) -> HttpResponse:
        """Paste a text without script."""
        return self.client.post("/lookup/", {"q": text, **more})

    def fragment(self, text: str, **more: Any) -> HttpResponse:
        """Paste a text through htmx."""
        return self.client.post("/lookup/", {"q": text, **more}, headers={"HX-Request": "true"})

    def send(self, content: bytes, name: str = "app.log") -> HttpResponse:
        """Choose a file."""
        return self.client.post("/lookup/", {"q": "", "file": SimpleUploadedFile(name, content)})


@pytest.fixture(autouse=True)
def a_patient_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine that tests is busy."""
    monkeypatch.setattr(passed, "SECONDS", 60.0)


def titles(answer: HttpResponse) -> list[str]:
    """What was found, in order."""
    return [find.title for find in answer.context["finds"]]


def generation(secret: KeySecret, *, ago: timedelta = timedelta(), **further: str) -> UUID:
    """Have a generation counted; returns its id."""
    now = timezone.now() - ago
    id = uuid7.make(now)
    item = {
        "generation_id": str(id),
        "organization": secret.key.organization.uid,
        "key": secret.public_id,
        "api_version": "v2",
        "outcome": "succeeded",
        "units": 1,
        "occurred_at": now.isoformat(timespec="milliseconds"),
        "resolution": "2K",
        **further,
    }
    results = ledger.append(items=[item], source="test", gateway="gwc_test", now=now, dry_run=False)
    assert results[0]["status"] == "accepted"
    return id


@pytest.fixture
def box(key_admin: Any, browser_of: Any) -> Box:
    """The box of a person who sees every key."""
    return Box(browser_of(key_admin))


@pytest.fixture
def her_box(account_manager: Any, browser_of: Any) -> Box:
    """The box of the account manager, who sees one organization."""
    return Box(browser_of(account_manager))


@pytest.fixture
def secret(her_organization: Organization) -> KeySecret:
    """A live secret of the account manager's organization."""
    made: KeySecret = SecretFactory(key__organization=her_organization, key__name="render-farm-prod")
    return made


@pytest.fixture
def foreign(other_organization: Organization) -> KeySecret:
    """A live secret of an organization that the account manager does not see."""
    made: KeySecret = SecretFactory(key__organization=other_organization, key__name="comp-nodes")
    return made
