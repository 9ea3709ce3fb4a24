"""Rotate a gateway credential with overlap, and change where it may call from, what it may do and for how long."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import rotation, secrets
from keys.actions.gateways import normal_cidrs
from keys.gateways import GatewayCredential, GatewaySecret

LONGEST_OVERLAP = timedelta(days=7)
FIELDS = ("scopes", "allowed_cidrs", "expires_at")
_MEANWHILE = "Somebody changed this credential meanwhile. Nothing was changed."


@transaction.atomic
def rotate_gateway(
    *,
    credential: GatewayCredential,
    actor: trail.Actor,
    overlap: timedelta,
    seen_version: int | None = None,
    reason: str = "",
    ticket: str = "",
) -> tuple[GatewaySecret, str]:
    """Give the credential a new secret; the old one works until the overlap ends. Returns the secret and its text.

    At most two secrets work: an overlap that still runs ends now. With `seen_version`, a credential that was changed
    since is left alone, so that a form sent twice rotates once.
    """
    now = timezone.now()
    credential = _locked(credential, seen_version, at=now)
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise ValidationError({"overlap": f"At most {LONGEST_OVERLAP.days} days."})
    until = rotation.overlap_until(now, overlap=overlap, expires_at=credential.expires_at)
    old = _step_down(credential, now=now, until=until)
    secret, text = _add_secret(credential)
    _raise_version(credential)
    trail.record(
        Verb.GATEWAY_ROTATED,
        actor=actor,
        target=credential.target,
        changes={"public_id": [old.public_id if old else None, secret.public_id]},
        detail={"overlap": rotation.overlap_label(until - now), "overlap_until": _written(until)},
        reason=reason,
        ticket=ticket,
    )
    return secret, text


@transaction.atomic
def end_gateway_overlap(
    *,
    credential: GatewayCredential,
    actor: trail.Actor,
    seen_version: int | None = None,
    reason: str = "",
    ticket: str = "",
) -> GatewayCredential:
    """Retire the old secret: a person before its time, the sweep once it is over."""
    now = timezone.now()
    credential = _locked(credential, seen_version, at=None)
    old = credential.secrets.select_for_update().filter(state=GatewaySecret.State.OVERLAP).first()
    if old is None:
        raise ValidationError("The old secret has ended already.")
    if actor == trail.SYSTEM and not old.is_retired(at=now):
        return credential
    _retire(old)
    _raise_version(credential)
    trail.record(
        Verb.GATEWAY_OVERLAP_ENDED,
        actor=actor,
        target=credential.target,
        changes={"public_id": [old.public_id, None]},
        detail={"overlap_until": _written(old.overlap_until or now)},
        reason=reason,
        ticket=ticket,
    )
    return credential


@transaction.atomic
def edit_gateway(
    *,
    credential: GatewayCredential,
    actor: trail.Actor,
    values: Mapping[str, Any],
    seen_version: int | None = None,
    reason: str = "",
    ticket: str = "",
) -> GatewayCredential:
    """Change scopes, allowed_cidrs or expires_at; what is the same is no change, and nothing is recorded then."""
    now = timezone.now()
    credential = _locked(credential, seen_version, at=now)
    wanted = {name: values[name] for name in FIELDS if name in values}
    if "allowed_cidrs" in wanted:
        wanted["allowed_cidrs"] = normal_cidrs(wanted["allowed_cidrs"])
    if wanted.get("expires_at") is not None and wanted["expires_at"] <= now:
        raise ValidationError({"expires_at": "The time is in the past."})
    before = {name: getattr(credential, name) for name in wanted}
    changed = [name for name in wanted if _plain(wanted[name]) != _plain(before[name])]
    if not changed:
        return credential
    for name in changed:
        setattr(credential, name, wanted[name])
    credential.full_clean()
    credential.version += 1
    credential.save(update_fields=[*changed, "version"])
    trail.record(
        Verb.GATEWAY_EDITED,
        actor=actor,
        target=credential.target,
        changes={name: [_plain(before[name]), _plain(wanted[name])] for name in changed},
        reason=reason,
        ticket=ticket,
    )
    return credential


def gateway_problem(credential: GatewayCredential, *, now: datetime) -> str:
    """Say why the credential cannot be changed; nothing where it can."""
    if credential.revoked_at is not None:
        return f"{credential} is revoked; make a new credential instead."
    if credential.is_expired(at=now):
        return f"{credential} has expired; make a new credential instead."
    return ""


def _locked(credential: GatewayCredential, seen_version: int | None, *, at: datetime | None) -> GatewayCredential:
    credential = GatewayCredential.objects.select_for_update().get(pk=credential.pk)
    if seen_version not in (None, credential.version):
        raise ValidationError(_MEANWHILE)
    if at is not None and (problem := gateway_problem(credential, now=at)):
        raise ValidationError(problem)
    return credential


def _step_down(credential: GatewayCredential, *, now: datetime, until: datetime) -> GatewaySecret | None:
    states, secrets_of = GatewaySecret.State, credential.secrets.select_for_update()
    for earlier in secrets_of.filter(state=states.OVERLAP):
        _retire(earlier)
    old = secrets_of.filter(state=states.ACTIVE).first()
    if old is not None:
        old.state = states.OVERLAP if until > now else states.RETIRED
        old.overlap_until = until
        old.save(update_fields=["state", "overlap_until"])
    return old


def _add_secret(credential: GatewayCredential) -> tuple[GatewaySecret, str]:
    made = secrets.make_credential("gateway")
    ring_id, sealed = secrets.seal(made.digest, public_id=made.public_id, ring=settings.FIELD_KEYS)
    kept = {"public_id": made.public_id, "last_four": made.last_four, "digest": sealed, "ring_id": ring_id}
    return GatewaySecret.objects.create(credential=credential, **kept), made.text


def _retire(secret: GatewaySecret) -> None:
    secret.state = GatewaySecret.State.RETIRED
    secret.save(update_fields=["state"])


def _raise_version(credential: GatewayCredential) -> None:
    credential.version += 1
    credential.save(update_fields=["version"])


def _plain(value: Any) -> str | None:
    if isinstance(value, list):
        return ", ".join(value)
    return _written(value) if isinstance(value, datetime) else value


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
