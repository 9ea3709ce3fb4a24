"""What is to be said of a key before anything else: why its calls are refused, or what ends soon. Pure.

Written for the head of the key's page, and in the order in which the checks of a call come.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from keys.models import ApiKey
from keys.states import SOON


@dataclass(frozen=True)
class Said:
    """A callout; `at` is the time that follows its title, `act` the step that it offers: a name, "" for none."""

    title: str
    text: str
    tone: str = "warn"
    icon: str = "exclamation-triangle"
    at: datetime | None = None
    act: str = ""


def of(key: ApiKey, *, at: datetime) -> list[Said]:
    """Return what is to be said now: of a key that is over that alone, otherwise everything that applies."""
    over = _over(key, at)
    return [over] if over else [*_refused(key, at), *_ending(key, at)]


def is_over(key: ApiKey, *, at: datetime) -> bool:
    """Say whether the key is refused for good."""
    return _over(key, at) is not None


def _over(key: ApiKey, at: datetime) -> Said | None:
    if key.state == key.State.REVOKED:
        why = _why(key.revoke_reason, key.revoke_ticket)
        return Said(
            "Revoked on", f"Its calls are refused with REVOKED, for good. {why}", "bad", "x-circle", key.revoked_at
        )
    if key.is_expired(at=at):
        said = "Its calls are refused with EXPIRED. Nothing revives it; issue a new key."
        return Said("Expired on", said, "", "clock", key.expires_at)
    return None


def _refused(key: ApiKey, at: datetime) -> Iterator[Said]:
    if key.state == key.State.PAUSED:
        said = f"Its calls are refused with PAUSED. {_why(key.pause_reason, key.pause_ticket)}"
        yield Said("Paused on", said, "warn", "pause", key.paused_at)
    if key.not_before is not None and key.not_before > at:
        yield Said(
            "Works from", "Until then its calls are refused with NOT_YET_ACTIVE.", "info", "clock", key.not_before
        )
    if not key.organization.may_call:
        code = "ORG_CLOSED" if key.organization.status == "closed" else "ORG_SUSPENDED"
        status = key.organization.get_status_display().lower()
        yield Said(f"{key.organization} is {status}.", f"Its calls are refused with {code}.", "bad", "no-symbol")


def _ending(key: ApiKey, at: datetime) -> Iterator[Said]:
    _, old, pending = key.standing(at=at)
    if old is not None:
        said = "The old one is refused with ROTATED_OUT from then on."
        yield Said("Both secrets work until", said, "warn", "arrow-path", old.overlap_until, "rotation")
    if pending is not None:
        said = "The present secret works on for the overlap."
        yield Said("A new secret begins on", said, "info", "calendar-days", pending.activates_at, "rotation")
    due = key.rotation_due_at(at=at)
    if due is not None and due <= at:
        yield Said(
            "Rotation due since",
            "Rotate it, or agree on a time with the customer.",
            "warn",
            "bell-alert",
            due,
            "rotation",
        )
    if key.expires_at is not None and key.expires_at <= at + SOON:
        said = "Its calls are refused with EXPIRED from then on. Its contacts are told at 30, 14, 7 and 1 days."
        yield Said("Expires on", said, "warn", "clock", key.expires_at, "edit")


def _why(reason: str, ticket: str) -> str:
    return " ".join(filter(None, [f"Reason: {reason}" if reason else "", f"({ticket})" if ticket else ""]))
