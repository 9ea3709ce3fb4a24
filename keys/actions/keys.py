"""Issue, rotate and revoke the keys of an organization."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import lifetimes, rotation, secrets
from keys.models import ApiKey, KeySecret
from orgs import actions as organizations
from orgs import changes
from orgs.models import Organization


@transaction.atomic
def issue_key(
    *,
    organization: Organization,
    actor: trail.Actor,
    name: str,
    environment: str,
    api_versions: Sequence[str],
    expires_at: datetime | None,
    purpose: str = "",
    reason: str = "",
    ticket: str = "",
) -> tuple[ApiKey, str]:
    """Issue a key; returns it with its credential, whose text exists nowhere else.

    Raises ValidationError by field: the organization's state, the plan's versions and longest life, a name in use.
    """
    organization = organizations.lock_organization(organization)
    lifetimes.check_issue(
        organization,
        api_versions=api_versions,
        expires_at=expires_at,
        now=timezone.now(),
    )
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
    namesakes = organization.keys.filter(environment=environment, name=key.name)
    if namesakes.exclude(state=ApiKey.State.REVOKED).exists():
        raise ValidationError({"name": f"{organization} has a {environment} key of this name already."})
    key.full_clean()
    key.save(force_insert=True)
    secret, text = _add_secret(key)
    _record(
        Verb.KEY_ISSUED,
        key,
        actor=actor,
        after=_facts(key, secret),
        reason=reason,
        ticket=ticket,
    )
    changes.announce(organization=organization, kind="key.issued", public_ids=[secret.public_id])
    return key, text


@transaction.atomic
def rotate_key(
    *,
    key: ApiKey,
    actor: trail.Actor,
    overlap: timedelta,
    seen_version: int | None = None,
    reason: str = "",
    ticket: str = "",
) -> tuple[KeySecret, str]:
    """Give the key a new secret; the old one works until the overlap ends. Returns the secret and its credential.

    An overlap that still runs ends now: a key has at most two secrets that work. With `seen_version`, a key that was
    changed since is left alone, so that a form sent twice rotates once.
    """
    key = lock_key(key)
    if seen_version not in (None, key.version):
        raise ValidationError("Somebody changed this key meanwhile. Nothing was changed.")
    now = timezone.now()
    if problem := rotation_problem(key, now=now):
        raise ValidationError(problem)
    old = key.secrets.select_for_update().filter(state=KeySecret.State.ACTIVE).first()
    for earlier in key.secrets.select_for_update().filter(state=KeySecret.State.OVERLAP):
        _retire(earlier, at=now)
    until = rotation.overlap_until(now, overlap=overlap, expires_at=key.expires_at)
    if old is not None:
        _step_down(old, now=now, until=until)
    secret, text = _add_secret(key)
    key.version += 1
    key.save(update_fields=["version"])
    _record(
        Verb.KEY_ROTATED,
        key,
        actor=actor,
        after={"public_id": [old.public_id if old else None, secret.public_id]},
        detail={
            "overlap": rotation.overlap_label(until - now),
            "overlap_until": f"{until:%Y-%m-%dT%H:%M:%SZ}",
        },
        reason=reason,
        ticket=ticket,
    )
    public_ids = [secret.public_id, *([old.public_id] if old else [])]
    changes.announce(organization=key.organization, kind="key.rotated", public_ids=public_ids)
    return secret, text


@transaction.atomic
def revoke_key(*, key: ApiKey, actor: trail.Actor, code: str, reason: str, ticket: str = "") -> ApiKey:
    """Refuse the key from now on, with every secret that it has; nothing brings it back."""
    key = lock_key(key)
    if key.state == ApiKey.State.REVOKED:
        raise ValidationError(f"{key} is revoked already.")
    before, key.state = key.state, ApiKey.State.REVOKED
    key.revoked_at, key.revoke_code, key.revoke_reason, key.revoke_ticket = (
        timezone.now(),
        code,
        reason,
        ticket,
    )
    key.version += 1
    key.clean_fields()
    key.save(
        update_fields=[
            "state",
            "revoked_at",
            "revoke_code",
            "revoke_reason",
            "revoke_ticket",
            "version",
        ]
    )
    _record(
        Verb.KEY_REVOKED,
        key,
        actor=actor,
        after={"state": [before, key.state]},
        detail={"code": key.get_revoke_code_display().lower()},
        reason=reason,
        ticket=ticket,
    )
    changes.announce(
        organization=key.organization,
        kind="key.revoked",
        public_ids=list(key.secrets.values_list("public_id", flat=True)),
    )
    return key


@transaction.atomic
def end_overlap(*, secret: KeySecret, actor: trail.Actor) -> KeySecret:
    """Retire a secret whose overlap has run out, and record that it ended by itself."""
    key = lock_key(secret.key)
    secret = KeySecret.objects.select_for_update().get(pk=secret.pk)
    if secret.state != KeySecret.State.OVERLAP or not secret.is_retired(at=timezone.now()):
        return secret
    secret.key = key
    _retire(secret, at=timezone.now())
    _record(
        Verb.KEY_OVERLAP_ENDED,
        key,
        actor=actor,
        after={"public_id": [secret.public_id, None]},
        detail={"overlap_until": f"{secret.overlap_until:%Y-%m-%dT%H:%M:%SZ}"},
    )
    changes.announce(organization=key.organization, kind="key.changed", public_ids=[secret.public_id])
    return secret


def lock_key(key: ApiKey) -> ApiKey:
    """Return the key as it stands now, its organization's row and its own locked, always in that order."""
    organization = organizations.lock_organization(key.organization)
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    key.organization = organization
    return key


def rotation_problem(key: ApiKey, *, now: datetime) -> str:
    """Say why the key cannot be rotated; nothing where it can."""
    if key.state == ApiKey.State.REVOKED:
        return f"{key} is revoked; issue a new key instead."
    if key.is_expired(at=now):
        return f"{key} has expired; issue a new key instead."
    if key.organization.status == Organization.Status.CLOSED:
        return f"{key.organization} is closed."
    return ""


def _add_secret(key: ApiKey) -> tuple[KeySecret, str]:
    kind: secrets.MadeHere = "live" if key.environment == ApiKey.Environment.LIVE else "test"
    made = secrets.make_credential(kind)
    ring_id, sealed = secrets.seal(made.digest, public_id=made.public_id, ring=settings.FIELD_KEYS)
    secret = KeySecret.objects.create(
        key=key,
        public_id=made.public_id,
        last_four=made.last_four,
        digest=sealed,
        ring_id=ring_id,
    )
    return secret, made.text


def _step_down(secret: KeySecret, *, now: datetime, until: datetime) -> None:
    if until <= now:
        _retire(secret, at=now)
        return
    secret.state, secret.overlap_until = KeySecret.State.OVERLAP, until
    secret.save(update_fields=["state", "overlap_until"])


def _retire(secret: KeySecret, *, at: datetime) -> None:
    secret.state, secret.retired_at = KeySecret.State.RETIRED, at
    secret.save(update_fields=["state", "retired_at"])


def _facts(key: ApiKey, secret: KeySecret) -> dict[str, list[trail.Value]]:
    expires = f"{key.expires_at:%Y-%m-%dT%H:%M:%SZ}" if key.expires_at else None
    return {
        "name": [None, key.name],
        "environment": [None, key.environment],
        "api_versions": [None, ", ".join(key.api_versions)],
        "expires_at": [None, expires],
        "public_id": [None, secret.public_id],
    }


def _record(
    verb: Verb,
    key: ApiKey,
    *,
    actor: trail.Actor,
    after: dict[str, list[trail.Value]],
    detail: dict[str, str | int] | None = None,
    reason: str = "",
    ticket: str = "",
) -> None:
    trail.record(
        verb,
        actor=actor,
        target=key.target,
        organization=key.organization.target,
        changes=after,
        detail=detail,
        reason=reason,
        ticket=ticket,
    )
