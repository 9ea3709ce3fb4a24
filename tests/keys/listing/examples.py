"""Keys of every kind there is, and what each state means said once more in plain Python."""

import random
from datetime import timedelta
from typing import Any

from django.utils import timezone

from keys.models import ApiKey, SecretUse
from tests import factories

NOW = timezone.now()
DAY = timedelta(days=1)


def some_keys(number: int, *, seed: int = 7) -> list[ApiKey]:
    """Keys of every kind there is, of three organizations, some with contacts, on two plans."""
    chance = random.Random(seed)
    organizations = [
        factories.OrganizationFactory(name="Aurora Post"),
        factories.OrganizationFactory(name="Borealis"),
        factories.OrganizationFactory(name="Cirrus", plan_version__plan__code="enterprise"),
    ]
    factories.ContactFactory(organization=organizations[1], kind="security")
    return [_a_key(chance, chance.choice(organizations), place) for place in range(number)]


def _a_key(chance: random.Random, organization: Any, place: int) -> ApiKey:
    secret = factories.SecretFactory(
        key__organization=organization,
        key__name=f"{chance.choice(['render', 'preview', 'Batch'])}-{place}",
        key__environment=chance.choice(["live", "test"]),
        key__state=chance.choice(["active", "active", "active", "paused", "revoked"]),
        key__expires_at=chance.choice([None, NOW - DAY, NOW + 3 * DAY, NOW + 200 * DAY]),
        key__created_at=NOW - chance.choice([1, 50, 120, 300]) * DAY,
        key__created_by=chance.choice(["Ines", "cli"]),
        key__rotate_every=chance.choice([None, 60 * DAY]),
        created_at=NOW - 100 * DAY,
        imported_prefix=chance.choice(["", "", "old_"]),
    )
    if chance.random() < 0.3:
        factories.SecretFactory(key=secret.key, state="overlap", overlap_until=NOW + DAY)
    if chance.random() < 0.5:
        used = NOW - chance.choice([1, 100]) * DAY
        SecretUse.objects.create(secret=secret, first_used_at=used, last_used_at=used)
    return secret.key


def _is_running(key: ApiKey) -> bool:
    return key.state == "active" and (key.expires_at is None or key.expires_at > NOW)


def is_in(key: ApiKey, state: str) -> bool:
    """Say whether the key is in the state by the clock."""
    is_expired = key.expires_at is not None and key.expires_at <= NOW
    return {
        "active": lambda: _is_running(key),
        "rotating": lambda: _is_running(key) and key.is_rotating(at=NOW),
        "due": lambda: _is_running(key) and (due := key.rotation_due_at(at=NOW)) is not None and due <= NOW,
        "expiring": lambda: _is_running(key) and key.expires_at is not None and key.expires_at <= NOW + 30 * DAY,
        "paused": lambda: key.state == "paused" and not is_expired,
        "expired": lambda: is_expired and key.state != "revoked",
        "revoked": lambda: key.state == "revoked",
    }[state]()


def last_used(key: ApiKey) -> Any:
    """When any of its secrets was used last."""
    return key.last_use.last_used_at if key.last_use else None
