"""A key whose secret is out: used for long from one address, and since yesterday from another one."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from keys.models import KeySecret, LeakReport
from orgs.models import Organization
from tests.factories import LeakFactory, SecretFactory, SecretHourFactory

OLD, NEW = "203.0.113.7", "198.51.100.66"
WHY = {"reason": "seen on a forum"}


def hours_ago(hours: int) -> datetime:
    """The beginning of an hour in the past."""
    return timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)


@pytest.fixture
def secret(her_organization: Organization) -> KeySecret:
    made: KeySecret = SecretFactory(key__organization=her_organization, key__name="render-farm-prod")
    SecretHourFactory(secret=made, hour=hours_ago(200), address=OLD, admitted=50)
    SecretHourFactory(secret=made, hour=hours_ago(2), address=OLD, admitted=40)
    SecretHourFactory(secret=made, hour=hours_ago(2), address=NEW, admitted=7, user_agent="curl/8")
    return made


@pytest.fixture
def leak(secret: KeySecret) -> LeakReport:
    """The open report about it."""
    made: LeakReport = LeakFactory(secret=secret)
    return made


class Page:
    """The page of a leak, as one person sees it."""

    def __init__(self, client: Client, leak: LeakReport) -> None:
        self.client, self.leak = client, leak

    def get(self, part: str = "") -> HttpResponse:
        return self.client.get(f"/leaks/{self.leak.uid}/{part}")

    def post(self, part: str, **fields: Any) -> HttpResponse:
        return self.client.post(f"/leaks/{self.leak.uid}/{part}", {**WHY, **fields})

    @property
    def outcome(self) -> str:
        self.leak.refresh_from_db()
        return str(self.leak.outcome)


@pytest.fixture
def page(key_admin: Any, browser_of: Any, leak: LeakReport) -> Page:
    """The leak's page of somebody who may do everything about it and has just proved who they are."""
    return Page(browser_of(key_admin, proven=True), leak)
