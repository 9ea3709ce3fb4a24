"""New secrets for many keys, and how each reaches its customer: by mail, or by whoever rotates.

Mailed, it goes as a one-time link to the technical contact in the same breath as it is made, and a key whose customer
cannot be mailed is left alone. Handed over by oneself, nobody gets it yet: it waits among the one-time links, and
resending one puts a secret in its place that is shown as a link, once.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit import trail
from keys import actions, deliveries, link_mail, rotation
from keys.models import ApiKey, KeySecret
from keys.rotation import Overlap
from orgs.models import Contact, Organization

Arguments = Mapping[str, Any]
MAIL, MYSELF = "mail", "myself"
LINK_WORKS_FOR = deliveries.LONGEST
# A customer needs time to get the new secret and to deploy it; none runs while nobody has used it, or it is a day.
OVERLAPS = ("24h", "7d", "30d", "use-24h", "use-7d")
NO_MAIL = "Mail to customers is not set up here, so its new secret could reach nobody."
STILL_ROTATES = "Its last rotation still runs, and rotating again would end the secret that the customer uses at once."
NO_CONTACT = "{organization} has no technical contact to whom its new secret could go."


def is_mail_set_up() -> bool:
    """Say whether customers can be mailed a link that they can open."""
    return bool(link_mail.is_set_up() and settings.DELIVERY_URL)


def is_held(arguments: Arguments) -> bool:
    """Say whether whoever rotates hands each secret over."""
    return arguments.get("handover") == MYSELF


def recipient(organization: Organization) -> str | None:
    """The address that a new secret's link goes to: the first technical contact's."""
    contacts = [each.email for each in organization.contacts.all() if each.kind == Contact.Kind.TECHNICAL]
    return min(contacts, default=None)


def mail_problem(organization: Organization) -> str:
    """Say why a new secret of this organization could reach nobody by mail; nothing where it can."""
    if not is_mail_set_up():
        return NO_MAIL
    return "" if recipient(organization) else NO_CONTACT.format(organization=organization)


def problem_of(key: ApiKey, arguments: Arguments, *, now: datetime) -> str:
    """Say why the key stays as it is; nothing where it can be rotated."""
    if problem := actions.rotation_problem(key, now=now):
        return problem
    if not is_held(arguments):
        return mail_problem(key.organization)
    return STILL_ROTATES if key.standing(at=now).old else ""


def preview(key: ApiKey, arguments: Arguments, now: datetime) -> str:
    """Say what rotating would do to the key. Raises ValidationError with why it stays as it is."""
    if problem := problem_of(key, arguments, now=now):
        raise ValidationError(problem)
    overlap, longest = _overlap(arguments), key.organization.plan_version.longest_overlap
    if overlap.lasts > longest:
        label = rotation.overlap_label(longest)
        raise ValidationError(f"The plan {key.organization.plan.name} allows an overlap of at most {label}.")
    until = f"{overlap.end(now, longest=longest, expires_at=key.expires_at):%-d %b %Y, %H:%M} UTC"
    stops = f"{_said(overlap)}, at the latest {until}" if overlap.after_use else until
    way = "You hand it over" if is_held(arguments) else f"Link to {recipient(key.organization)}"
    return f"{way}; the old secret stops {stops}"


def rotate(key: ApiKey, actor: trail.Actor, arguments: Arguments, seen: int | None) -> str:
    """Rotate one key of a job and say how its secret reaches the customer."""

    def make() -> tuple[KeySecret, str]:
        overlap = _overlap(arguments)
        why = {"reason": arguments["reason"], "ticket": arguments["ticket"]}
        return actions.rotate_key(
            key=key, actor=actor, overlap=overlap.lasts, after_use=overlap.after_use, seen_version=seen, **why
        )

    if problem := problem_of(key, arguments, now=timezone.now()):
        raise ValidationError(problem)
    told = f"Rotated, overlap {_said(_overlap(arguments))}."
    if is_held(arguments):
        whom = recipient(key.organization) or str(key.organization)
        actions.hold_new(make=make, recipient=whom, actor=actor)
        return f"{told} Nobody has the new secret yet."
    return f"{told} The link went to {_mail(key, actor, make)}."


def _mail(key: ApiKey, actor: trail.Actor, make: Callable[[], tuple[KeySecret, str]]) -> str:
    address = recipient(key.organization)
    if address is None:
        raise ValidationError(NO_CONTACT.format(organization=key.organization))
    handed = actions.deliver_new(make=make, recipient=address, lifetime=LINK_WORKS_FOR, actor=actor)
    url = deliveries.link(settings.DELIVERY_URL.rstrip("/"), uid=handed.link.uid, token=handed.token)
    # Before the commit: a mail for nothing does no harm, a secret that nobody got would.
    if not link_mail.send(handed.link, url=url):
        raise ValidationError(f"The mail server did not take the link for {address}. Nothing was changed.")
    return address


def _overlap(arguments: Arguments) -> Overlap:
    return rotation.CHOICES[arguments["overlap"]]


def _said(overlap: Overlap) -> str:
    label = rotation.overlap_label(overlap.lasts)
    return f"{label} after first use of the new one" if overlap.after_use else label
