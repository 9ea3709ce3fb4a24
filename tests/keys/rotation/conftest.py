"""A key in the middle of a rotation, and somebody who may act on it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from keys.models import ApiKey, KeySecret
from orgs.models import Staff
from tests.factories import SecretFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def old(db: None) -> KeySecret:
    """The old secret of a key that was rotated an hour ago, with an overlap of a day."""
    now = timezone.now()
    old: KeySecret = SecretFactory(state="overlap", overlap_began_at=now - HOUR, overlap_until=now + DAY - HOUR)
    SecretFactory(key=old.key)
    return old


@pytest.fixture
def new(old: KeySecret) -> KeySecret:
    """The secret that replaced it."""
    return old.key.secrets.get(state="active")


@pytest.fixture
def scheduled(db: None) -> ApiKey:
    """A key whose rotation begins in two days, with an overlap of a day."""
    begins = timezone.now() + 2 * DAY
    current = SecretFactory(overlap_until=begins + DAY)
    SecretFactory(key=current.key, state="pending", activates_at=begins)
    key: ApiKey = current.key
    return key


@pytest.fixture
def kim(key_admin: Staff, browser_of: Any) -> Client:
    """The key admin's browser, with a fresh proof."""
    client: Client = browser_of(key_admin, proven=True)
    return client


Post = Callable[..., Any]


@pytest.fixture
def post(kim: Client) -> Post:
    """Send the form of a step of the rotation as the key admin, with the version that stands now."""

    def send(key: ApiKey, step: str, **fields: Any) -> Any:
        version = ApiKey.objects.get(pk=key.pk).version
        return kim.post(f"/keys/{key.uid}/{step}/", {"version": version, **fields})

    return send


def states_of(key: ApiKey) -> list[str]:
    """The states of a key's secrets, in the order in which they were made."""
    return list(key.secrets.order_by("pk").values_list("state", flat=True))
