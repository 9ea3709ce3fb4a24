"""Tell the contacts of a customer what was done: one row of the outbox for each, in the transaction of the change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import prefetch_related_objects
from django.utils import timezone

from audit import rows
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
    Notice.Kind.QUOTA_USED: (_TECHNICAL, _BILLING),
    Notice.Kind.PILOT_CHANGED: (_TECHNICAL, _BILLING),
    Notice.Kind.PILOT_ENDING: (_TECHNICAL, _BILLING),
    Notice.Kind.STATEMENT_ISSUED: (_BILLING,),
    Notice.Kind.USAGE_REACHED: (_BILLING,),
}
# What the account manager is told too, whatever the contacts want to hear: it is theirs to act on.
FOR_THE_MANAGER = frozenset({Notice.Kind.PILOT_ENDING})
KEPT = timedelta(days=400)


@dataclass(frozen=True)
class Person:
    """Somebody, or a team, who is told, and as what."""

    label: str
    email: str
    part: str


@dataclass(frozen=True)
class Telling:
    """What an organization's people are told, as `tell` takes it."""

    organization: Organization
    kind: str
    about: str
    facts: Mapping[str, str]
    letter: str = ""
    attachment: str = ""
    is_asked_for: bool = False


def tell(
    *,
    organization: Organization,
    kind: str,
    about: str,
    facts: Mapping[str, str],
    letter: str = "",
    attachment: str = "",
    is_asked_for: bool = False,
) -> int:
    """Write one notice for each person whose business it is; the sweep mails them. Returns how many there are.

    `about` names what happened, such as "key_x/rotated/<public id>": an address is told of it once. `facts` are the
    letter's, never a secret; `letter` is named where the kind has several; `attachment` names a file of
    `orgs.attachments`. No contact is told what the organization does not want to hear, unless a person sends it to
    them now (`is_asked_for`); some kinds go to its account manager as well. RuntimeError outside the transaction of
    the change.
    """
    return tell_all([Telling(organization, kind, about, facts, letter, attachment, is_asked_for)])


def tell_all(told: Sequence[Telling]) -> int:
    """Do so for many organizations, in a number of statements that does not grow with them."""
    if told and not connection.in_atomic_block:
        raise RuntimeError(f"{told[0].about} must be told in the transaction of its change.")
    organizations = [telling.organization for telling in told]
    prefetch_related_objects(organizations, "account_manager")
    contacts: dict[int, list[Contact]] = {organization.pk: [] for organization in organizations}
    for contact in Contact.objects.filter(organization__in=list(contacts)):
        contacts[contact.organization_id].append(contact)
    written = [
        _notice(person, telling) for telling in told for person in _people(telling, contacts[telling.organization.pk])
    ]
    rows.insert(written, on_conflict="ON CONFLICT DO NOTHING")
    return len(written)


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


def is_still_told(notice: Notice) -> bool:
    """Say whether the address is still one to be told of it: a contact's, or the account manager's."""
    if Contact.objects.filter(organization=notice.organization_id, email=notice.email).exists():
        return True
    manager = notice.organization.account_manager
    tells_manager = notice.kind in FOR_THE_MANAGER and manager is not None and manager.is_active
    return tells_manager and manager is not None and manager.email == notice.email


def _people(telling: Telling, everybody: Sequence[Contact]) -> list[Person]:
    organization, kind = telling.organization, telling.kind
    is_muted = kind in organization.muted_notices and not telling.is_asked_for
    contacts = [] if is_muted else _recipients(everybody, kind)
    told = {
        contact.email.lower(): Person(str(contact), contact.email, f"a {contact.get_kind_display().lower()} contact")
        for contact in contacts
    }
    manager = organization.account_manager
    if kind in FOR_THE_MANAGER and manager is not None and manager.is_active:
        told.setdefault(manager.email.lower(), Person(manager.name, manager.email, "the account manager"))
    return list(told.values())


def _recipients(everybody: Sequence[Contact], kind: str) -> list[Contact]:
    """The contacts whose business it is, one for each address."""
    concerned = [contact for contact in everybody if contact.kind in RECIPIENTS[Notice.Kind(kind)]]
    return list({contact.email.lower(): contact for contact in reversed(concerned or everybody)}.values())


def _notice(person: Person, telling: Telling) -> Notice:
    organization = telling.organization
    written = letters.write(
        telling.letter or telling.kind,
        {"organization": organization.name, **telling.facts},
        recipient=f"You get this because {person.email} is {person.part} of {organization.name} for the Axis API"
        f" ({organization.uid}).",
        questions=_questions(organization),
    )
    return Notice(
        organization=organization,
        kind=telling.kind,
        about=telling.about,
        contact=person.label,
        email=person.email,
        subject=written.subject,
        body=written.body,
        attachment=telling.attachment,
    )


def _questions(organization: Organization) -> str:
    manager = organization.account_manager
    if manager is None:
        return "Questions, or somebody else to be told? Answer this mail."
    return f"Questions, or somebody else to be told? Write to {manager.name} <{manager.email}>, or answer this mail."
