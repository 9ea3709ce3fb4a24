"""What becomes of a one-time link at the customer's: opened once, tried again, refused to our own staff."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import fingerprint, trail, wording
from audit.verbs import Verb
from keys import deliveries
from keys.actions.deliveries import end, locked, record, rows
from keys.models import ApiKey, DeliveryLink, KeySecret

LONGEST_USER_AGENT = 200
# So long after the reveal a second opening by the same browser is a second click of the same person.
MOMENT = timedelta(seconds=5)


@dataclass(frozen=True)
class Revealed:
    """The one time that a customer sees their secret."""

    key: ApiKey
    secret: KeySecret
    text: str = field(repr=False)


@dataclass(frozen=True)
class Repeated:
    """The same browser has opened the link a moment ago, and got the secret by its other request."""


@transaction.atomic
def open_link(*, uid: str, token: str, actor: trail.Actor) -> Revealed | Repeated | None:
    """Reveal the secret, once, and wipe it here. None for every link that opens nothing, whatever the reason.

    The right token after the reveal raises the alarm: somebody else may have the link, or had it first. Not so
    where the browser that opened it sends the form twice: it learns that, and nothing else.
    """
    now = timezone.now()
    link = rows().filter(uid=uid).first()
    if link is None or not deliveries.knows(bytes(link.verifier), token=token, uid=uid):
        return None
    if _is_repeat(link, actor=actor, now=now):
        record(Verb.DELIVERY_REPEATED, link, actor=actor)
        return Repeated()
    if link.opened_at is not None:
        _raise_alarm(link, actor=actor, now=now)
        return None
    if not link.is_open(at=now) or link.has_stopped(at=now) or link.ciphertext is None or link.salt is None:
        return None
    text = deliveries.unseal(bytes(link.ciphertext), salt=bytes(link.salt), token=token, uid=uid)
    if text is None:
        return None
    end(link, opened_at=now, **_circumstances(actor))
    record(Verb.DELIVERY_OPENED, link, actor=actor)
    return Revealed(link.secret.key, link.secret, text)


@transaction.atomic
def refuse_link(*, link: DeliveryLink, actor: trail.Actor) -> DeliveryLink:
    """Record that somebody of our staff tried to open a customer's link; the link stays good."""
    record(Verb.DELIVERY_REFUSED, link, actor=actor, outcome="denied")
    return link


@transaction.atomic
def settle_alarm(*, link: DeliveryLink, actor: trail.Actor, reason: str, ticket: str = "") -> DeliveryLink:
    """Note that a late open was looked into and is harmless; the next one raises the alarm again."""
    link = locked(link)
    if link.alarmed_at is None:
        raise ValidationError("There is no alarm, or somebody has settled it meanwhile.")
    link.alarmed_at = None
    link.save(update_fields=["alarmed_at"])
    record(Verb.DELIVERY_ALARM_SETTLED, link, actor=actor, reason=reason, ticket=ticket)
    return link


def _circumstances(actor: trail.Actor) -> dict[str, object]:
    return {
        "opened_address": fingerprint.address(actor.address),
        "opened_user_agent": wording.neutral(actor.user_agent, LONGEST_USER_AGENT),
    }


def _is_repeat(link: DeliveryLink, *, actor: trail.Actor, now: datetime) -> bool:
    """Say whether it is the form sent twice: from the same known address and program, within a moment."""
    here = _circumstances(actor)
    is_same = all(getattr(link, name) == value for name, value in here.items())
    is_known = link.opened_address is not None
    return link.opened_at is not None and now - link.opened_at <= MOMENT and is_known and is_same


def _raise_alarm(link: DeliveryLink, *, actor: trail.Actor, now: datetime) -> None:
    link.alarmed_at, link.late_opens = now, link.late_opens + 1
    link.save(update_fields=["alarmed_at", "late_opens"])
    record(Verb.DELIVERY_LATE_OPEN, link, actor=actor)
