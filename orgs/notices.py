"""Tell the contacts of a customer what was done: one row of the outbox for each, in the transaction of the change."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

from orgs import letters
from orgs.models import Contact, Notice, Organization

_TECHNICAL, _BILLING, _SECURITY = Contact.Kind.TECHNICAL, Contact.Kind.BILLING, Contact.Kind.SECURITY
# Whose business it is. Where an organization has none of these, all of its contacts are told: better than nobody.
RECIPIENTS: dict[Notice.Kind, tuple[Contact.Kind, ...]] = {
    Notice.Kind.KEY_ISSUED: (_TECHNICAL,),
    Notice.Kind.KEY_ROTATED: (_TECHNICAL,),
    Notice.Kind.KEY_PAUSED: (_TECHNICAL,),
    Notice.Kind.KEY_REVOKED: (_TECHNICAL, _SECURITY),
    Notice.Kind.KEY_EXPIRING: (_TECHNICAL,),
    Notice.Kind.KEY_EXPIRED: (_TECHNICAL,),
    Notice.Kind.ORGANIZATION_SUSPENDED: (_TECHNICAL, _BILLING),
    Notice.Kind.LIMIT_CHANGED: (_TECHNICAL, _BILLING),
}
KEPT = timedelta(days=400)


def tell(*, organization: Organization, kind: str, about: str, facts: Mapping[str, str], letter: str = "") -> int:
    """Write one notice for each contact whose business it is; the sweep mails them. Returns how many there are.

    `about` names what happened, such as "key_x/rotated/<public id>": an address is told of it once. `facts` are the
    letter's, never a secret; `letter` is named where the kind has several. Nothing is written where the organization
    does not want the kind, or has no contacts. RuntimeError outside the transaction of the change.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{about} must be told in the transaction of its change.")
    if kind in organization.muted_notices:
        return 0
    told = {"organization": organization.name, **facts}
    rows = [
        _notice(contact, organization, kind, about, letter or kind, told) for contact in _recipients(organization, kind)
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def recipients_of(kind: str) -> str:
    """Say which contacts are told of it: `technical and security`."""
    return " and ".join(each.label.lower() for each in RECIPIENTS[Notice.Kind(kind)])


def moment(at: datetime, organization: Organization) -> str:
    """Say a time on the customer's clock: `22 Nov 2026, 14:05 UTC`, or `22 Nov 2026, 14:05 Europe/Oslo (13:05 UTC)`."""
    utc, local = at.astimezone(UTC), at.astimezone(organization.zone)
    if local.utcoffset() == timedelta():
        return f"{utc:%-d %b %Y, %H:%M} UTC"
    said = f"{utc:%H:%M}" if utc.date() == local.date() else f"{utc:%-d %b, %H:%M}"
    return f"{local:%-d %b %Y, %H:%M} {organization.time_zone} ({said} UTC)"


def forget() -> int:
    """Delete what has long been sent, or never will be."""
    old = Notice.objects.exclude(state=Notice.State.WAITING).filter(created_at__lt=timezone.now() - KEPT)
    return old.delete()[0]


def _recipients(organization: Organization, kind: str) -> list[Contact]:
    """The contacts whose business it is, one for each address."""
    everybody = list(organization.contacts.all())
    concerned = [contact for contact in everybody if contact.kind in RECIPIENTS[Notice.Kind(kind)]]
    return list({contact.email.lower(): contact for contact in reversed(concerned or everybody)}.values())


def _notice(
    contact: Contact, organization: Organization, kind: str, about: str, letter: str, facts: Mapping[str, str]
) -> Notice:
    written = letters.write(
        letter,
        facts,
        recipient=f"You get this because {contact.email} is a {contact.get_kind_display().lower()} contact of"
        f" {organization.name} for the Axis API ({organization.uid}).",
        questions=_questions(organization),
    )
    return Notice(
        organization=organization,
        kind=kind,
        about=about,
        contact=str(contact),
        email=contact.email,
        subject=written.subject,
        body=written.body,
    )


def _questions(organization: Organization) -> str:
    manager = organization.account_manager
    if manager is None:
        return "Questions, or somebody else to be told? Answer this mail."
    return f"Questions, or somebody else to be told? Write to {manager.name} <{manager.email}>, or answer this mail."
