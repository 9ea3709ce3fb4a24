"""What a customer needs beside the secret, in order to make the first call."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from axis_admin.ui import words
from keys import rotation, samples
from keys.actions.openings import Revealed
from keys.models import ApiKey

HEADERS = {
    "Authorization": "Bearer, a space, and the key",
    "Idempotency-Key": "a new UUID for each generation; the same again when you retry it",
}


def context(revealed: Revealed) -> dict[str, Any]:
    """Everything that the page shows; the credential stands in `credential` alone."""
    key = revealed.key
    organization = key.organization
    return {
        "key": key,
        "organization": organization,
        "credential": revealed.text,
        "base_url": settings.API_URL,
        "facts": _facts(revealed),
        "headers": _headers(organization.uid),
        "samples": [
            (version, samples.curl(settings.API_URL, api_version=version, organization_uid=organization.uid))
            for version in key.api_versions
        ],
    }


def _headers(organization_uid: str) -> list[tuple[str, str]]:
    told = {**HEADERS, "X-External-Org-Id": organization_uid}
    return [(name, told[name]) for name, _ in samples.headers(organization_uid) if name in told]


def _facts(revealed: Revealed) -> list[tuple[str, str]]:
    key, secret = revealed.key, revealed.secret
    facts = [("Environment", "live, billed" if key.environment == ApiKey.Environment.LIVE else "test, not billed")]
    now = timezone.now()
    _, old, pending = key.standing(at=now)
    begins = [pending.activates_at if secret == pending and pending else None, key.not_before]
    if to_come := [at for at in begins if at and at > now]:
        facts.append(("Works from", words.clock_text(max(to_come))))
    if old is not None:
        facts.append(("The key that it replaces stops", rotation.stops(old)))
    if key.allowed_cidrs:
        facts.append(("May call from", ", ".join(key.allowed_cidrs)))
    return [*facts, ("Expires", words.clock_text(key.expires_at))]
