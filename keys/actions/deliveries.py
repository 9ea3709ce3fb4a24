"""Hand a secret over by a one-time link: make it, resend it, cancel it, let it end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail, wording
from audit.verbs import Verb
from keys import deliveries
from keys.actions.keys import add_secret, lock_key
from keys.models import ApiKey, DeliveryLink, KeySecret
from keys.models.deliveries import DeliveryLinkQuerySet
from orgs import changes

Made = tuple[ApiKey, str] | tuple[KeySecret, str]
# What nobody fills in when a link is made.
_LATER = ("opened_at", "opened_address", "cancelled_at", "alarmed_at")
# What a secret takes over from the one in whose place it steps.
_PLACE = ("state", "activates_at", "overlap_began_at", "overlap_after_use", "overlap_until")


@dataclass(frozen=True)
class Handed:
    """A link that was made just now; its token exists nowhere else."""

    link: DeliveryLink
    token: str = field(repr=False)


@transaction.atomic
def deliver(
    *, secret: KeySecret, text: str, recipient: str, lifetime: timedelta, actor: trail.Actor, reason: str = ""
) -> Handed:
    """Put the secret's text behind a new one-time link. Whoever made it never needs to see it.

    Raises ValidationError by field for a recipient or a lifetime that cannot be.
    """
    handed = _make(secret, text, recipient=recipient, lifetime=lifetime, actor=actor)
    record(Verb.DELIVERY_CREATED, handed.link, actor=actor, reason=reason)
    return handed


@transaction.atomic
def deliver_new(*, make: Callable[[], Made], recipient: str, lifetime: timedelta, actor: trail.Actor) -> Handed:
    """Run the action that makes a secret, and put it behind a one-time link: both, or neither."""
    made, text = make()
    return deliver(secret=_secret_of(made), text=text, recipient=recipient, lifetime=lifetime, actor=actor)


@transaction.atomic
def hold_new(*, make: Callable[[], Made], recipient: str, actor: trail.Actor) -> DeliveryLink:
    """Run the action that makes a secret, and give it to nobody: its link opens nothing, and waits to be resent.

    The text is let go here; resending puts a secret in its place that can be handed over.
    """
    made, _ = make()
    link = DeliveryLink(secret=_secret_of(made), recipient=wording.one_line(recipient), created_by=actor.label)
    link.is_held, link.expires_at, link.verifier = True, timezone.now(), deliveries.nobodys_verifier()
    link.clean_fields(exclude=_LATER)
    link.save(force_insert=True)
    record(Verb.DELIVERY_HELD, link, actor=actor)
    return link


@transaction.atomic
def resend_link(
    *, link: DeliveryLink, recipient: str, lifetime: timedelta, actor: trail.Actor, reason: str = "", ticket: str = ""
) -> Handed:
    """Put a new secret in the place of the undelivered one, behind a new link; the old link and secret stop.

    The old one's text is not ours any more, so that it cannot be sent twice. Refused once it was revealed.
    """
    key = lock_key(link.secret.key)
    link = locked(link)
    old = link.secret
    if problem := resend_problem(link, now=timezone.now()):
        raise ValidationError(problem)
    end(link, cancelled_at=link.cancelled_at or timezone.now())
    secret, text = _replace(key, old)
    key.version += 1
    key.save(update_fields=["version"])
    handed = _make(secret, text, recipient=recipient, lifetime=lifetime, actor=actor)
    record(Verb.DELIVERY_RESENT, handed.link, actor=actor, reason=reason, ticket=ticket, before=link)
    changes.announce(organization=key.organization, kind="key.rotated", public_ids=[secret.public_id, old.public_id])
    return handed


@transaction.atomic
def cancel_link(*, link: DeliveryLink, actor: trail.Actor, reason: str = "", ticket: str = "") -> DeliveryLink:
    """Stop a link that nobody has opened. The secret stays with its key, and nobody has it."""
    link = locked(link)
    if problem := cancel_problem(link):
        raise ValidationError(problem)
    end(link, cancelled_at=timezone.now())
    record(Verb.DELIVERY_CANCELLED, link, actor=actor, reason=reason, ticket=ticket)
    return link


@transaction.atomic
def expire_link(*, link: DeliveryLink, actor: trail.Actor) -> DeliveryLink:
    """Wipe what an unopened link holds whose time is over, and record that it ended.

    It stays in the list, to be resent; not so where its secret has stopped, since there is nothing to hand over.
    """
    link, now = locked(link), timezone.now()
    if link.opened_at or link.cancelled_at:
        return link
    if link.has_stopped(at=now):
        end(link, cancelled_at=now)
    elif link.ciphertext is not None and now >= link.expires_at:
        end(link)
    else:
        return link
    record(Verb.DELIVERY_EXPIRED, link, actor=actor)
    return link


def resend_problem(link: DeliveryLink, *, now: datetime) -> str:
    """Say why the link cannot be resent; nothing where it can."""
    if link.opened_at is not None:
        return "The link was opened. Rotate the key instead."
    if link.has_stopped(at=now) or link.secret.state == KeySecret.State.OVERLAP:
        return "The secret behind this link is no longer the key's current one. Rotate the key instead."
    return ""


def cancel_problem(link: DeliveryLink) -> str:
    """Say why the link cannot be cancelled; nothing where it can."""
    if link.opened_at is not None:
        return "The link was opened already. Rotate the key, or revoke it."
    if link.is_held:
        return "Nobody was given this link. Hand the secret over, or undo the rotation."
    return "The link is cancelled already." if link.cancelled_at is not None else ""


def _secret_of(made: ApiKey | KeySecret) -> KeySecret:
    return made if isinstance(made, KeySecret) else made.secrets.get(state=KeySecret.State.ACTIVE)


def rows() -> DeliveryLinkQuerySet:
    rows = DeliveryLink.objects.select_for_update(of=("self",))
    return rows.select_related("secret__key__organization__plan_version")


def locked(link: DeliveryLink) -> DeliveryLink:
    return rows().get(pk=link.pk)


def _make(secret: KeySecret, text: str, *, recipient: str, lifetime: timedelta, actor: trail.Actor) -> Handed:
    if not timedelta() < lifetime <= deliveries.LONGEST:
        raise ValidationError({"lifetime": "A one-time link works for 72 hours at most."})
    link = DeliveryLink(secret=secret, recipient=wording.one_line(recipient), created_by=actor.label)
    expires = timezone.now() + lifetime
    link.expires_at = min(expires, secret.key.expires_at) if secret.key.expires_at else expires
    sealed = deliveries.seal(text, uid=link.uid)
    link.salt, link.ciphertext, link.verifier = sealed.salt, sealed.ciphertext, sealed.verifier
    link.clean_fields(exclude=_LATER)
    link.save(force_insert=True)
    return Handed(link, sealed.token)


def _replace(key: ApiKey, old: KeySecret) -> tuple[KeySecret, str]:
    """Retire the secret and put a new one where it stood: current or pending, with the end that is set for it."""
    place = {name: getattr(old, name) for name in _PLACE}
    old.state, old.retired_at = KeySecret.State.RETIRED, timezone.now()
    old.save(update_fields=["state", "retired_at"])
    secret, text = add_secret(key, activates_at=old.activates_at if place["state"] == "pending" else None)
    for name, value in place.items():
        setattr(secret, name, value)
    secret.save(update_fields=list(place))
    return secret, text


def end(link: DeliveryLink, **fields: object) -> None:
    """Wipe what was sealed; without fields the link has merely run out."""
    link.salt = link.ciphertext = None
    for name, value in fields.items():
        setattr(link, name, value)
    link.save(update_fields=["salt", "ciphertext", *fields])


def record(
    verb: Verb,
    link: DeliveryLink,
    *,
    actor: trail.Actor,
    reason: str = "",
    ticket: str = "",
    before: DeliveryLink | None = None,
    outcome: trail.Outcome = "success",
) -> None:
    """The key is the target, so that the event stands in its history; the links are found by it as well."""
    old = before.secret.public_id if before else None
    detail: dict[str, str | int] = {"recipient": link.recipient, "link": link.uid}
    if link.late_opens and "late_opens" in verb.entry.allowed:
        detail["late_opens"] = link.late_opens
    key = link.secret.key
    trail.record(
        verb,
        actor=actor,
        target=key.target,
        organization=key.organization.target,
        further=[each.target for each in (link, before) if each],
        changes={"public_id": [old, link.secret.public_id]} if before else None,
        detail=detail if before else {**detail, "public_id": link.secret.public_id},
        reason=reason,
        ticket=ticket,
        outcome=outcome,
    )
