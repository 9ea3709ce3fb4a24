"""What a person may still do while the old secret works: undo the rotation, end the overlap now, or extend it."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from audit.verbs import Verb
from keys import rotation, telling
from keys.actions.elapsed import moment, open_key, raise_version, retire, secret_in
from keys.actions.keys import record
from keys.models import ApiKey, KeySecret
from orgs import changes

State = KeySecret.State


@transaction.atomic
def undo_rotation(
    *, key: ApiKey, actor: trail.Actor, reason: str, seen_version: int | None = None, ticket: str = ""
) -> ApiKey:
    """Make the old secret the current one again; the new one is refused from now on.

    Raises ValidationError once the old one has ended, and while a further rotation is scheduled.
    """
    key, now = open_key(key, seen_version)
    old, new = _running(key), secret_in(key, State.ACTIVE)
    if secret_in(key, State.PENDING):
        raise ValidationError("A further rotation is scheduled. Cancel it first.")
    if new is not None:
        retire(new, at=now)
    old.state = State.ACTIVE
    old.overlap_began_at = old.overlap_until = old.overlap_after_use = None
    old.save(update_fields=["state", "overlap_began_at", "overlap_until", "overlap_after_use"])
    raise_version(key)
    record(
        Verb.KEY_ROTATION_UNDONE,
        key,
        actor=actor,
        after={"public_id": [new.public_id if new else None, old.public_id]},
        reason=reason,
        ticket=ticket,
    )
    telling.rotation_taken_back(key, works=old, gone=new)
    public_ids = [old.public_id, *([new.public_id] if new else [])]
    changes.announce(organization=key.organization, kind="key.rotated", public_ids=public_ids)
    return key


@transaction.atomic
def end_old_secret(
    *, key: ApiKey, actor: trail.Actor, reason: str, seen_version: int | None = None, ticket: str = ""
) -> ApiKey:
    """Refuse the old secret from now on, before its overlap has run out."""
    key, now = open_key(key, seen_version)
    old = _running(key)
    retire(old, at=now)
    raise_version(key)
    record(
        Verb.KEY_OLD_SECRET_ENDED,
        key,
        actor=actor,
        after={"public_id": [old.public_id, None]},
        detail={"overlap_until": moment(old.overlap_until)},
        reason=reason,
        ticket=ticket,
    )
    telling.overlap_changed(key, old, stops=now)
    changes.announce(organization=key.organization, kind="key.rotated", public_ids=[old.public_id])
    return key


@transaction.atomic
def extend_overlap(
    *,
    key: ApiKey,
    actor: trail.Actor,
    until: datetime,
    seen_version: int | None = None,
    reason: str = "",
    ticket: str = "",
) -> ApiKey:
    """Let the old secret work longer; never beyond the plan's longest overlap, the key's expiry or the next rotation.

    An overlap that waits for a first use cannot be extended: it lasts as long as the plan allows by then.
    """
    key, _ = open_key(key, seen_version)
    old = _running(key)
    before, latest = old.overlap_until, longest_end(key, old)
    if before is not None and until <= before:
        raise ValidationError({"until": "The overlap lasts so long already."})
    if until > latest:
        raise ValidationError({"until": f"The overlap can last until {latest:%-d %b %Y, %H:%M} UTC at most."})
    old.overlap_until = until
    old.save(update_fields=["overlap_until"])
    raise_version(key)
    record(
        Verb.KEY_OVERLAP_EXTENDED,
        key,
        actor=actor,
        after={"overlap_until": [moment(before), moment(until)]},
        detail={"public_id": old.public_id},
        reason=reason,
        ticket=ticket,
    )
    telling.overlap_changed(key, old, stops=until)
    changes.announce(organization=key.organization, kind="key.rotated", public_ids=[old.public_id])
    return key


def longest_end(key: ApiKey, old: KeySecret) -> datetime:
    """Return how far the overlap of the key's old secret can be extended."""
    by_state = {each.state: each for each in key.secrets.all()}
    pending, current = by_state.get(State.PENDING), by_state.get(State.ACTIVE)
    return rotation.latest_end(
        old.overlap_began_at or (current or old).began_at,
        longest=key.organization.plan_version.longest_overlap,
        expires_at=key.expires_at,
        successor_at=pending.activates_at if pending else None,
    )


def _running(key: ApiKey) -> KeySecret:
    old = secret_in(key, State.OVERLAP)
    if old is None:
        raise ValidationError("The old secret has ended already. Nothing was changed.")
    return old
