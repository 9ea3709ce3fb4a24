"""What state a key or a secret is in as people see it: its stored state, judged by the clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from keys.readers import Reader, State

if TYPE_CHECKING:
    from keys.gateways import GatewaySecret
    from keys.models import ApiKey, DeliveryLink, KeySecret

SOON = timedelta(days=30)
CHOICES = [
    ("active", "In force"),
    ("rotating", "Rotating"),
    ("due", "Rotation due"),
    ("expiring", "Expires within 30 days"),
    ("paused", "Paused"),
    ("expired", "Expired"),
    ("revoked", "Revoked"),
]


# In which order a key's secrets are shown; what is over comes after these.
_PLACES = {"Current": 0, "Old": 1, "Pending": 2, "Revoked": 3, "Expired": 3}


@dataclass(frozen=True)
class Seen:
    """A badge: the word, its tone and icon; `until` is a time that belongs to it, `note` says which."""

    label: str
    tone: str
    icon: str
    note: str = ""
    until: datetime | None = None


def of_key(key: "ApiKey", *, at: datetime) -> Seen:
    """Return the state of a key whose secrets are at hand."""
    if key.state == key.State.REVOKED:
        return Seen("Revoked", "bad", "x-circle", key.get_revoke_code_display().lower(), key.revoked_at)
    if key.is_expired(at=at):
        return Seen("Expired", "", "clock", "expired", key.expires_at)
    if key.state == key.State.PAUSED:
        return Seen("Paused", "", "pause")
    if key.not_before is not None and key.not_before > at:
        return Seen("Not yet active", "", "clock", "begins", key.not_before)
    _, old, pending = key.standing(at=at)
    if old is not None:
        return Seen("Rotating", "warn", "arrow-path", "old secret ends", old.overlap_until)
    if not key.organization.may_call:
        word = key.organization.get_status_display().lower()
        return Seen("Refused", "bad", "no-symbol", f"organization {word}")
    if pending is not None:
        return Seen("Scheduled", "info", "calendar-days", "new secret begins", pending.activates_at)
    if (due := key.rotation_due_at(at=at)) is not None and due <= at:
        return Seen("Rotation due", "warn", "bell-alert", "since", due)
    if key.last_use is None:
        return Seen("Unused", "", "moon")
    return Seen("Active", "ok", "check-circle")


def of_secrets(key: "ApiKey", *, at: datetime) -> list[tuple["KeySecret", Seen]]:
    """Return the key's secrets with their states: the current one first, those that are over last, newest first."""
    seen = [(secret, of_secret(secret, at=at)) for secret in key.secrets.all()]
    return sorted(seen, key=lambda pair: _PLACES.get(pair[1].label, len(_PLACES)))


def of_secret(secret: "KeySecret", *, at: datetime) -> Seen:
    """Return the state of one secret, judged with its key, whose secrets are at hand."""
    key = secret.key
    if secret.was_cancelled:
        return Seen("Cancelled", "", "x-circle", "taken back", secret.retired_at)
    if secret.is_retired(at=at):
        return Seen("Retired", "", "archive-box", "stopped", secret.retired_at or secret.overlap_until)
    if key.state == key.State.REVOKED:
        return Seen("Revoked", "bad", "x-circle", "stopped", key.revoked_at)
    if key.is_expired(at=at):
        return Seen("Expired", "", "clock", "stopped", key.expires_at)
    _, old, pending = key.standing(at=at)
    if secret == old:
        return Seen("Old", "warn", "clock", "ends", secret.overlap_until)
    if secret == pending:
        return Seen("Pending", "info", "calendar-days", "begins", secret.activates_at)
    # One that a scheduled rotation will replace knows its end already.
    return Seen("Current", "ok", "check-circle", "ends" if secret.overlap_until else "", secret.overlap_until)


def of_link(link: "DeliveryLink", *, at: datetime) -> Seen:
    """Return the state of a one-time link."""
    if link.alarmed_at is not None:
        return Seen("Opened again", "bad", "bell-alert", "last", link.alarmed_at)
    if link.opened_at is not None:
        return Seen("Opened", "ok", "check-circle", "seen", link.opened_at)
    if link.cancelled_at is not None:
        return Seen("Cancelled", "", "x-circle", "stopped", link.cancelled_at)
    if link.is_held:
        old = link.secret.key.standing(at=at).old
        note, until = ("old secret ends", old.overlap_until) if old else ("", None)
        return Seen("Not handed over", "warn", "inbox", note, until)
    if at >= link.expires_at:
        return Seen("Expired", "warn", "clock", "ended", link.expires_at)
    return Seen("Not opened", "", "envelope", "ends", link.expires_at)


def of_reader(reader: Reader, *, at: datetime) -> Seen:
    """Return how a gateway follows the change feed."""
    state = reader.state(at=at)
    if state == State.SILENT:
        return Seen("Silent", "warn", "signal-slash", "last asked", reader.polled_at)
    if state == State.LAGGING:
        return Seen("Lagging", "bad", "exclamation-triangle", f"behind for {reader.lag(at=at).total_seconds():,.0f} s")
    return Seen("Current", "ok", "check-circle")


def of_gateway_secret(secret: "GatewaySecret", *, at: datetime) -> Seen:
    """Return the state of a gateway's secret by the clock."""
    if secret.is_retired(at=at):
        return Seen("Retired", "", "archive-box")
    if secret.state == secret.State.OVERLAP:
        return Seen("Old, still works", "warn", "arrow-path", "stops", secret.overlap_until)
    return Seen("Active", "ok", "check-circle")
