"""Take over a credential that was made elsewhere, by its SHA-256."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import lifetimes, secrets
from keys.actions.keys import check_name, record
from keys.models import ApiKey, KeySecret
from orgs import actions as organizations
from orgs import changes
from orgs.models import Organization

TAKEN = "Its public id is taken by another credential."
ELSEWHERE = "This credential was imported for another organization."


@transaction.atomic
def import_key(
    *,
    organization: Organization,
    actor: trail.Actor,
    digest: bytes,
    prefix: str,
    name: str,
    environment: str,
    api_versions: Sequence[str],
    expires_at: datetime | None,
    purpose: str = "",
    reason: str = "",
    ticket: str = "",
) -> tuple[ApiKey, bool]:
    """Make a key that the credential with this SHA-256 belongs to; returns it, and whether it is new.

    The same credential a second time changes nothing. Its public id is made of the hash. Raises ValidationError as
    `issue_key` does, and under `sha256` where the credential is another organization's, or its public id is taken.
    """
    organization = organizations.lock_organization(organization)
    if known := _known(organization, digest):
        return known, False
    lifetimes.check_issue(organization, api_versions=api_versions, expires_at=expires_at, now=timezone.now())
    key = ApiKey(
        organization=organization,
        name=name.strip(),
        purpose=purpose.strip(),
        environment=environment,
        api_versions=sorted(set(api_versions)),
        expires_at=expires_at,
        created_by=actor.label,
    )
    key.clean_fields()
    check_name(key)
    key.full_clean()
    key.save(force_insert=True)
    secret = _add_secret(key, digest, prefix)
    record(Verb.KEY_IMPORTED, key, actor=actor, after=_facts(key, secret), reason=reason, ticket=ticket)
    changes.announce(organization=organization, kind="key.issued", public_ids=[secret.public_id])
    return key, True


def _known(organization: Organization, digest: bytes) -> ApiKey | None:
    public_id = secrets.imported_public_id(digest)
    secret = KeySecret.objects.select_related("key__organization").filter(public_id=public_id).first()
    if secret is None:
        return None
    if _unsealed(secret) != digest:
        raise ValidationError({"sha256": TAKEN})
    if secret.key.organization_id != organization.pk:
        raise ValidationError({"sha256": ELSEWHERE})
    return secret.key


def _unsealed(secret: KeySecret) -> bytes | None:
    sealed, ring = bytes(secret.digest), settings.FIELD_KEYS
    try:
        return secrets.unseal(sealed, ring_id=secret.ring_id, public_id=secret.public_id, ring=ring)
    except secrets.UnsealError:
        return None


def _add_secret(key: ApiKey, digest: bytes, prefix: str) -> KeySecret:
    public_id = secrets.imported_public_id(digest)
    ring_id, sealed = secrets.seal(digest, public_id=public_id, ring=settings.FIELD_KEYS)
    return KeySecret.objects.create(
        key=key, public_id=public_id, imported_prefix=prefix, digest=sealed, ring_id=ring_id
    )


def _facts(key: ApiKey, secret: KeySecret) -> dict[str, list[trail.Value]]:
    expires = f"{key.expires_at:%Y-%m-%dT%H:%M:%SZ}" if key.expires_at else None
    return {
        "name": [None, key.name],
        "environment": [None, key.environment],
        "api_versions": [None, ", ".join(key.api_versions)],
        "expires_at": [None, expires],
        "public_id": [None, secret.public_id],
        "prefix": [None, secret.imported_prefix],
    }
