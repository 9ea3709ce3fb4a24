"""Rotate a key: now, or at a time that was chosen, which can be taken back until then."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from audit.verbs import Verb
from keys import rotation, telling
from keys.actions.elapsed import clock, moment, open_key, raise_version, retire, secret_in
from keys.actions.keys import add_secret, record
from keys.models import ApiKey, KeySecret
from keys.rotation import Overlap
from orgs import changes

State = KeySecret.State


@transaction.atomic
def rotate_key(
    *,
    key: ApiKey,
    actor: trail.Actor,
    overlap: timedelta,
    after_use: bool = False,
    seen_version: int | None = None,
    reason: str = "",
    ticket: str = "",
) -> tuple[KeySecret, str]:
    """Give the key a new secret; the old one works until the overlap ends. Returns the secret and its credential.

    With `after_use` the overlap counts from the first use of the new secret, and ends when the plan's longest would at
    the latest. An overlap that still runs ends now, and a rotation to come is cancelled: a key has at most two secrets
    that work. With `seen_version`, a key that was changed since is left alone: a form sent twice rotates once.
    """
    key, now = open_key(key, seen_version)
    wanted = Overlap(overlap, after_use)
    until = _checked_end(wanted, key, began=now)
    gone = _retire_all(key, State.OVERLAP, State.PENDING, at=now)
    old = secret_in(key, State.ACTIVE)
    if old is not None:
        _step_down(old, wanted, began=now, until=until)
    secret, text = add_secret(key)
    raise_version(key)
    record(
        Verb.KEY_ROTATED,
        key,
        actor=actor,
        after={"public_id": [old.public_id if old else None, secret.public_id]},
        detail=_told(wanted, now, until),
        reason=reason,
        ticket=ticket,
    )
    public_ids = [secret.public_id, *([old.public_id] if old else []), *gone]
    telling.rotated(key, secret, begins=now, stops=until, at_the_latest=after_use)
    changes.announce(organization=key.organization, kind="key.rotated", public_ids=public_ids)
    return secret, text


@transaction.atomic
def schedule_rotation(
    *,
    key: ApiKey,
    actor: trail.Actor,
    at: datetime,
    overlap: timedelta,
    after_use: bool = False,
    seen_version: int | None = None,
    reason: str = "",
    ticket: str = "",
) -> tuple[KeySecret, str]:
    """Make a secret that begins at `at`, when the overlap of the present one begins; returns it with its credential.

    A rotation that was scheduled before is cancelled, and an overlap that runs ends at `at` at the latest.
    """
    key, now = open_key(key, seen_version)
    _check_begin(at, key, now=now)
    wanted = Overlap(overlap, after_use)
    until = _checked_end(wanted, key, began=at)
    gone = _retire_all(key, State.PENDING, at=now)
    current = secret_in(key, State.ACTIVE)
    if current is None:
        raise ValidationError(f"{key} has no secret that works; rotate it now.")
    current.overlap_until, current.overlap_after_use = until, overlap if after_use else None
    current.save(update_fields=["overlap_until", "overlap_after_use"])
    _cut_short(key, at=at)
    secret, text = add_secret(key, activates_at=at)
    raise_version(key)
    record(
        Verb.KEY_ROTATION_SCHEDULED,
        key,
        actor=actor,
        after={"public_id": [current.public_id, secret.public_id]},
        detail={"begins": clock(at), **_told(wanted, at, until)},
        reason=reason,
        ticket=ticket,
    )
    public_ids = [secret.public_id, current.public_id, *gone]
    telling.rotated(key, secret, begins=at, stops=until, at_the_latest=after_use)
    changes.announce(organization=key.organization, kind="key.changed", public_ids=public_ids)
    return secret, text


@transaction.atomic
def cancel_rotation(
    *, key: ApiKey, actor: trail.Actor, seen_version: int | None = None, reason: str = "", ticket: str = ""
) -> ApiKey:
    """Take back a scheduled rotation that has not begun: its secret never works, the present one goes on."""
    key, now = open_key(key, seen_version)
    pending, current = secret_in(key, State.PENDING), secret_in(key, State.ACTIVE)
    if pending is None:
        raise ValidationError("No rotation is scheduled, or it has begun already. Nothing was changed.")
    retire(pending, at=now)
    if current is not None:
        current.overlap_until = current.overlap_after_use = None
        current.save(update_fields=["overlap_until", "overlap_after_use"])
    raise_version(key)
    record(
        Verb.KEY_ROTATION_CANCELLED,
        key,
        actor=actor,
        after={"public_id": [pending.public_id, None]},
        detail={"begins": clock(pending.activates_at)},
        reason=reason,
        ticket=ticket,
    )
    telling.rotation_taken_back(key, works=current, gone=pending)
    public_ids = [each.public_id for each in (pending, current) if each]
    changes.announce(organization=key.organization, kind="key.changed", public_ids=public_ids)
    return key


def _checked_end(wanted: Overlap, key: ApiKey, *, began: datetime) -> datetime:
    """Return when the old secret stops; raises ValidationError where the plan allows no such overlap."""
    longest = key.organization.plan_version.longest_overlap
    if wanted.lasts > longest:
        raise ValidationError({"overlap": f"The plan allows an overlap of {rotation.overlap_label(longest)} at most."})
    return wanted.end(began, longest=longest, expires_at=key.expires_at)


def _check_begin(at: datetime, key: ApiKey, *, now: datetime) -> None:
    if at <= now:
        raise ValidationError({"at": "The time is in the past."})
    if at > now + rotation.FURTHEST_AHEAD:
        raise ValidationError({"at": f"At most {rotation.FURTHEST_AHEAD.days} days ahead."})
    if key.is_expired(at=at):
        raise ValidationError({"at": "The key expires before that time."})


def _step_down(secret: KeySecret, wanted: Overlap, *, began: datetime, until: datetime) -> None:
    if until <= began:
        retire(secret, at=began)
        return
    secret.state, secret.overlap_began_at, secret.overlap_until = State.OVERLAP, began, until
    secret.overlap_after_use = wanted.lasts if wanted.after_use else None
    secret.save(update_fields=["state", "overlap_began_at", "overlap_until", "overlap_after_use"])


def _retire_all(key: ApiKey, *states: str, at: datetime) -> list[str]:
    found = list(key.secrets.select_for_update().filter(state__in=states).order_by("pk"))
    for secret in found:
        retire(secret, at=at)
    return [secret.public_id for secret in found]


def _cut_short(key: ApiKey, *, at: datetime) -> None:
    """End an overlap that runs when the next one begins, so that there are never three secrets that work."""
    old = secret_in(key, State.OVERLAP)
    if old is not None and old.overlap_until is not None and old.overlap_until > at:
        old.overlap_until = at
        old.save(update_fields=["overlap_until"])


def _told(wanted: Overlap, began: datetime, until: datetime) -> dict[str, str | int]:
    label = rotation.overlap_label(wanted.lasts if wanted.after_use else until - began)
    said = f"{label} from first use" if wanted.after_use else label
    return {"overlap": said, "overlap_until": moment(until)}
