"""What time alone has done to a key's secrets: recorded by a sweep, or before the next action on the key.

When a secret begins or stops is judged at each decision by comparing clocks; nothing waits for this.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import rotation
from keys.actions.keys import lock_key, record
from keys.models import ApiKey, KeySecret
from orgs import changes
from orgs.models import Organization

State = KeySecret.State


@transaction.atomic
def begin_rotation(*, secret: KeySecret, actor: trail.Actor) -> KeySecret:
    """Let a scheduled secret whose time has come be the current one; the overlap of the present one begins."""
    key, now = lock_key(secret.key), timezone.now()
    pending = secret_in(key, State.PENDING)
    if pending is None or pending.pk != secret.pk or pending.activates_at is None or pending.activates_at > now:
        return secret
    # Its overlap was cut short when the rotation was scheduled.
    if earlier := secret_in(key, State.OVERLAP):
        retire(earlier, at=now)
    old = secret_in(key, State.ACTIVE)
    if old is not None:
        old.overlap_began_at = pending.activates_at
        old.state = State.OVERLAP
        old.save(update_fields=["state", "overlap_began_at"])
    pending.state = State.ACTIVE
    pending.save(update_fields=["state"])
    raise_version(key)
    public_ids: list[trail.Value] = [old.public_id if old else None, pending.public_id]
    record(
        Verb.KEY_ROTATION_BEGAN,
        key,
        actor=actor,
        after={"public_id": public_ids},
        detail={"begins": clock(pending.activates_at), "overlap_until": moment(old.overlap_until if old else None)},
    )
    named = [each.public_id for each in (old, pending) if each]
    changes.announce(organization=key.organization, kind="key.rotated", public_ids=named)
    return pending


@transaction.atomic
def begin_overlap(*, secret: KeySecret, actor: trail.Actor) -> KeySecret:
    """Shorten an overlap that waited for the first use of the new secret, now that it was used."""
    key, now = lock_key(secret.key), timezone.now()
    old, current = secret_in(key, State.OVERLAP), secret_in(key, State.ACTIVE)
    used_at = current.first_used_at if current else None
    if old is None or old.pk != secret.pk or old.overlap_after_use is None or old.is_retired(at=now) or not used_at:
        return secret
    after, latest = old.overlap_after_use, old.overlap_until or now
    began = old.overlap_began_at or used_at
    old.overlap_until = rotation.end_after_use(used_at, began=began, after=after, latest=latest)
    # What was counted is not counted again: a person may extend it now.
    old.overlap_after_use = None
    old.save(update_fields=["overlap_until", "overlap_after_use"])
    raise_version(key)
    record(
        Verb.KEY_OVERLAP_BEGAN,
        key,
        actor=actor,
        after={"overlap_until": [moment(latest), moment(old.overlap_until)]},
        detail={"first_used_at": moment(used_at), "public_id": old.public_id},
    )
    changes.announce(organization=key.organization, kind="key.changed", public_ids=[old.public_id])
    return old


@transaction.atomic
def end_overlap(*, secret: KeySecret, actor: trail.Actor) -> KeySecret:
    """Retire a secret whose overlap has run out, and record that it ended by itself."""
    key, now = lock_key(secret.key), timezone.now()
    secret = KeySecret.objects.select_for_update().get(pk=secret.pk)
    if secret.state != State.OVERLAP or not secret.is_retired(at=now):
        return secret
    secret.key = key
    retire(secret, at=now)
    record(
        Verb.KEY_OVERLAP_ENDED,
        key,
        actor=actor,
        after={"public_id": [secret.public_id, None]},
        detail={"overlap_until": moment(secret.overlap_until)},
    )
    changes.announce(organization=key.organization, kind="key.changed", public_ids=[secret.public_id])
    return secret


def open_key(key: ApiKey, seen_version: int | None) -> tuple[ApiKey, datetime]:
    """Return the key locked, with what time has done to it recorded, and the time that its action goes by.

    Raises ValidationError where it was changed since the person looked, or can no longer be rotated.
    """
    key, now = lock_key(key), timezone.now()
    if seen_version not in (None, key.version):
        raise ValidationError("Somebody changed this key meanwhile. Nothing was changed.")
    if problem := rotation_problem(key, now=now):
        raise ValidationError(problem)
    if (pending := secret_in(key, State.PENDING)) and pending.activates_at and pending.activates_at <= now:
        begin_rotation(secret=pending, actor=trail.SYSTEM)
    if (old := secret_in(key, State.OVERLAP)) and old.is_retired(at=now):
        end_overlap(secret=old, actor=trail.SYSTEM)
    # Its version rose with what was recorded.
    return lock_key(key), now


def rotation_problem(key: ApiKey, *, now: datetime) -> str:
    """Say why the key cannot be rotated; nothing where it can."""
    if key.state == ApiKey.State.REVOKED:
        return f"{key} is revoked; issue a new key instead."
    if key.is_expired(at=now):
        return f"{key} has expired; issue a new key instead."
    if key.organization.status == Organization.Status.CLOSED:
        return f"{key.organization} is closed."
    return ""


def secret_in(key: ApiKey, state: str) -> KeySecret | None:
    """Return the key's one secret in this state, locked."""
    found = key.secrets.select_for_update().filter(state=state).first()
    if found is not None:
        found.key = key
    return found


def retire(secret: KeySecret, *, at: datetime) -> None:
    """Refuse a secret for good; it stopped at the end of its overlap where that was earlier."""
    over = secret.overlap_until if secret.state == State.OVERLAP else None
    secret.state, secret.retired_at = State.RETIRED, min(at, over or at)
    secret.save(update_fields=["state", "retired_at"])


def raise_version(key: ApiKey) -> None:
    """Let every form about the key that is still open be refused."""
    key.version += 1
    key.save(update_fields=["version"])


def clock(at: datetime | None) -> str:
    """Write a time as a sentence of the trail tells it."""
    return f"{at:%-d %b %Y, %H:%M} UTC" if at else ""


def moment(at: datetime | None) -> str:
    """Write a time as the trail keeps it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""
