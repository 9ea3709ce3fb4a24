"""Issue and revoke the keys of an organization, and what every action on a key begins and ends with."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import lifetimes, secrets, telling
from keys.actions.gateways import normal_cidrs
from keys.models import ApiKey, KeySecret
from orgs import actions as organizations
from orgs import changes
from orgs.models import Organization
from orgs.objectives import shown


@transaction.atomic
def issue_key(
    *,
    organization: Organization,
    actor: trail.Actor,
    name: str,
    environment: str,
    api_versions: Sequence[str],
    expires_at: datetime | None,
    not_before: datetime | None = None,
    allowed_cidrs: Sequence[str] = (),
    rotate_every: timedelta | None = None,
    purpose: str = "",
    reason: str = "",
    ticket: str = "",
) -> tuple[ApiKey, str]:
    """Issue a key; returns it with its credential, whose text exists nowhere else.

    Raises ValidationError by field: the organization's state, the plan's versions and longest life, times in the past,
    networks, a name in use.
    """
    organization = organizations.lock_organization(organization)
    lifetimes.check_issue(
        organization,
        api_versions=api_versions,
        expires_at=expires_at,
        not_before=not_before,
        rotate_every=rotate_every,
        now=timezone.now(),
    )
    key = ApiKey(
        organization=organization,
        name=name.strip(),
        purpose=purpose.strip(),
        environment=environment,
        api_versions=sorted(set(api_versions)),
        allowed_cidrs=normal_cidrs(allowed_cidrs),
        not_before=not_before,
        expires_at=expires_at,
        rotate_every=rotate_every,
        created_by=actor.label,
    )
    key.clean_fields()
    check_name(key)
    key.full_clean()
    key.save(force_insert=True)
    secret, text = add_secret(key)
    record(
        Verb.KEY_ISSUED,
        key,
        actor=actor,
        after=_facts(key, secret),
        reason=reason,
        ticket=ticket,
    )
    telling.issued(key, secret)
    changes.announce(organization=organization, kind="key.issued", public_ids=[secret.public_id])
    return key, text


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
    record(
        Verb.KEY_REVOKED,
        key,
        actor=actor,
        after={"state": [before, key.state]},
        detail={"code": key.get_revoke_code_display().lower()},
        reason=reason,
        ticket=ticket,
    )
    telling.revoked(key)
    changes.announce(
        organization=key.organization,
        kind="key.revoked",
        public_ids=list(key.secrets.values_list("public_id", flat=True)),
    )
    return key


def lock_key(key: ApiKey) -> ApiKey:
    """Return the key as it stands now, its organization's row and its own locked, always in that order."""
    organization = organizations.lock_organization(key.organization)
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    key.organization = organization
    return key


def check_name(key: ApiKey) -> None:
    """Raise ValidationError where another key of its organization and environment has the name and is not revoked."""
    namesakes = key.organization.keys.filter(environment=key.environment, name=key.name).exclude(pk=key.pk)
    if namesakes.exclude(state=ApiKey.State.REVOKED).exists():
        raise ValidationError({"name": f"{key.organization} has a {key.environment} key of this name already."})


def add_secret(key: ApiKey, *, activates_at: datetime | None = None) -> tuple[KeySecret, str]:
    """Give the key a further secret, pending where it begins later; returns it with its credential."""
    kind: secrets.MadeHere = "live" if key.environment == ApiKey.Environment.LIVE else "test"
    made = secrets.make_credential(kind)
    ring_id, sealed = secrets.seal(made.digest, public_id=made.public_id, ring=settings.FIELD_KEYS)
    secret = KeySecret.objects.create(
        key=key,
        public_id=made.public_id,
        last_four=made.last_four,
        digest=sealed,
        ring_id=ring_id,
        state=KeySecret.State.PENDING if activates_at else KeySecret.State.ACTIVE,
        activates_at=activates_at,
    )
    return secret, made.text


def plain(value: Any) -> trail.Value:
    """Return a field's value as the trail keeps it; nothing for what is empty."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, timedelta):
        return f"{value.days} d"
    if isinstance(value, Decimal):
        return shown(value)
    return (", ".join(value) if isinstance(value, list) else value) or None


def _facts(key: ApiKey, secret: KeySecret) -> dict[str, list[trail.Value]]:
    always = {field: getattr(key, field) for field in ("name", "environment", "api_versions", "expires_at")}
    set_here = {field: getattr(key, field) for field in ("allowed_cidrs", "not_before", "rotate_every")}
    told = {**always, **{field: value for field, value in set_here.items() if value}}
    return {**{field: [None, plain(value)] for field, value in told.items()}, "public_id": [None, secret.public_id]}


def record(
    verb: Verb,
    key: ApiKey,
    *,
    actor: trail.Actor,
    after: dict[str, list[trail.Value]],
    detail: dict[str, str | int] | None = None,
    reason: str = "",
    ticket: str = "",
) -> None:
    """Record what was done to the key."""
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
