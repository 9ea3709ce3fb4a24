"""Whom we write to at a customer."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from audit.verbs import Verb
from orgs import changes
from orgs.actions.organizations import lock_organization
from orgs.models import Contact, Notice, Organization


@transaction.atomic
def add_contact(
    *,
    organization: Organization,
    actor: trail.Actor,
    kind: str,
    email: str,
    name: str = "",
) -> Contact:
    """Add a contact; raises ValidationError where the same address has that kind already."""
    organization = lock_organization(organization)
    contact = Contact(
        organization=organization,
        kind=kind,
        email=email.strip().lower(),
        name=name.strip(),
    )
    contact.clean_fields()
    if organization.contacts.filter(kind=kind, email=contact.email).exists():
        raise ValidationError({"email": f"{contact.email} is a contact of this kind already."})
    contact.full_clean()
    contact.save(force_insert=True)
    _record(Verb.CONTACT_ADDED, contact, actor=actor, changed=[None, contact.email])
    return contact


@transaction.atomic
def remove_contact(*, contact: Contact, actor: trail.Actor) -> None:
    """Remove a contact; the trail keeps who it was."""
    organization = lock_organization(contact.organization)
    contact = Contact.objects.select_for_update().get(pk=contact.pk, organization=organization)
    contact.organization = organization
    _record(Verb.CONTACT_REMOVED, contact, actor=actor, changed=[contact.email, None])
    contact.delete()


@transaction.atomic
def change_notices(
    *, organization: Organization, actor: trail.Actor, muted: Collection[str], reason: str = "", ticket: str = ""
) -> Organization:
    """Set the kinds of notices that its contacts do not get; nothing is recorded where nothing differs."""
    organization = lock_organization(organization)
    if unknown := sorted(set(muted) - set(Notice.Kind.values)):
        raise ValidationError({"told": f"There is no notice of the kind {', '.join(unknown)}."})
    before, organization.muted_notices = organization.muted_notices, sorted(set(muted))
    if organization.muted_notices == sorted(before):
        return organization
    organization.save(update_fields=["muted_notices"])
    trail.record(
        Verb.CONTACT_NOTICES_CHANGED,
        actor=actor,
        target=organization.target,
        changes={"not_told": [", ".join(before) or None, ", ".join(organization.muted_notices) or None]},
        reason=reason,
        ticket=ticket,
    )
    changes.announce(organization=organization, kind="organization.changed")
    return organization


def _record(verb: Verb, contact: Contact, *, actor: trail.Actor, changed: list[str | None]) -> None:
    trail.record(
        verb,
        actor=actor,
        target=contact.target,
        organization=contact.organization.target,
        changes={"email": changed},
        detail={"kind": contact.get_kind_display().lower(), "name": contact.name},
    )
    changes.announce(organization=contact.organization, kind="organization.changed")
