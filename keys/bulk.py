"""What can be done to many keys at once: what each would become, said before, and the work, done by a job.

No secret ever stands in a job: a new one goes by mail, as a one-time link, to the organization's technical contact in
the same breath as it is made, and where nobody can be mailed the key is left alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from audit import jobs, trail
from keys import actions, deliveries, lifetimes, link_mail, rotation
from keys.models import ApiKey, ApiKeyQuerySet
from orgs import policy
from orgs.models import Contact, Organization, Staff
from orgs.policy import Permission

Arguments = Mapping[str, Any]
LINK_WORKS_FOR = deliveries.LONGEST
FIELDS = {"rotate_every": "Rotate every", "purpose": "Purpose"}
NO_MAIL = "Mail to customers is not set up here, so its new secret could reach nobody."
NO_CONTACT = "{organization} has no technical contact to whom its new secret could go."


@dataclass(frozen=True)
class Act:
    """One kind of bulk work. `preview` says what a key would become, or raises ValidationError with why it stays."""

    name: str
    title: str
    done: str
    permissions: tuple[Permission, ...]
    preview: Callable[[ApiKey, Arguments, datetime], str]
    do: Callable[[ApiKey, trail.Actor, Arguments, int | None], str]

    @property
    def kind(self) -> str:
        return f"keys.{self.name}"

    def work(self, piece: jobs.Piece, actor: trail.Actor, arguments: Arguments) -> str:
        """Do it to one key, if the person may still do so now. For `audit.jobs`."""
        key = rows(ApiKey.objects.filter(uid=piece.target.id)).first()
        if key is None:
            raise ValidationError("There is no such key.")
        person = Staff.objects.filter(uid=actor.id).first()
        asked = (Permission.KEY_BULK, *self.permissions)
        if person is None or not all(policy.can(person, permission, key) for permission in asked):
            raise PermissionDenied("You may no longer do this to this key.")
        return self.do(key, replace(actor, roles=tuple(person.role_labels)), arguments, piece.seen)


def rows(keys: ApiKeyQuerySet) -> ApiKeyQuerySet:
    """The keys with all that a preview looks at, in a fixed number of statements."""
    return keys.select_related("organization__plan_version__plan").prefetch_related("organization__contacts", "secrets")


def pieces(keys: ApiKeyQuerySet) -> list[jobs.Piece]:
    """What a job works on, each key as it is now."""
    return [jobs.Piece(key.target, key.organization.target, key.version) for key in keys]


def recipient(organization: Organization) -> str | None:
    """The address that a new secret's link goes to: the first technical contact's."""
    contacts = [each.email for each in organization.contacts.all() if each.kind == Contact.Kind.TECHNICAL]
    return min(contacts, default=None)


def _preview_expiry(key: ApiKey, arguments: Arguments, now: datetime) -> str:
    return _preview_edit(key, {"expires_at": _time(arguments["expires_at"])}, now)


def _expire(key: ApiKey, actor: trail.Actor, arguments: Arguments, seen: int | None) -> str:
    return _edit(key, actor, {"expires_at": _time(arguments["expires_at"])}, arguments, seen)


def _preview_change(key: ApiKey, arguments: Arguments, now: datetime) -> str:
    return _preview_edit(key, _values(arguments), now)


def _change(key: ApiKey, actor: trail.Actor, arguments: Arguments, seen: int | None) -> str:
    return _edit(key, actor, _values(arguments), arguments, seen)


def _preview_edit(key: ApiKey, values: dict[str, Any], now: datetime) -> str:
    if problem := actions.editing_problem(key):
        raise ValidationError(problem)
    ((field, after),) = values.items()
    before = getattr(key, field)
    if before == after:
        raise ValidationError("It is so already.")
    setattr(key, field, after)
    lifetimes.check_edit(key, {field}, now=now)
    return f"{_told(field, before)} → {_told(field, after)}"


def _edit(key: ApiKey, actor: trail.Actor, values: dict[str, Any], arguments: Arguments, seen: int | None) -> str:
    ((field, after),) = values.items()
    before = getattr(key, field)
    if before == after:
        raise ValidationError("It is so already.")
    actions.edit_key(key=key, actor=actor, values=values, seen_version=seen, **_why(arguments))
    return f"{_told(field, before)} → {_told(field, after)}"


def _preview_rotation(key: ApiKey, arguments: Arguments, now: datetime) -> str:
    if problem := actions.rotation_problem(key, now=now) or mail_problem(key.organization):
        raise ValidationError(problem)
    overlap, longest = _overlap(arguments), key.organization.plan_version.longest_overlap_hours
    if overlap > timedelta(hours=longest):
        raise ValidationError(f"The plan {key.organization.plan.name} allows an overlap of at most {longest} hours.")
    until = rotation.overlap_until(now, overlap=overlap, expires_at=key.expires_at)
    return f"Link to {recipient(key.organization)}; the old secret stops {until:%-d %b %Y, %H:%M} UTC"


def _rotate(key: ApiKey, actor: trail.Actor, arguments: Arguments, seen: int | None) -> str:
    address = recipient(key.organization)
    if (problem := mail_problem(key.organization)) or address is None:
        raise ValidationError(problem)
    handed = actions.deliver_new(
        make=lambda: actions.rotate_key(
            key=key,
            actor=actor,
            overlap=_overlap(arguments),
            seen_version=seen,
            reason=arguments["reason"],
            ticket=arguments["ticket"],
        ),
        recipient=address,
        lifetime=LINK_WORKS_FOR,
        actor=actor,
    )
    url = deliveries.link(settings.DELIVERY_URL.rstrip("/"), uid=handed.link.uid, token=handed.token)
    # Before the commit: a mail for nothing does no harm, a secret that nobody got would.
    if not link_mail.send(handed.link, url=url):
        raise ValidationError(f"The mail server did not take the link for {address}. Nothing was changed.")
    return f"Rotated, overlap {rotation.overlap_label(_overlap(arguments))}. The link went to {address}."


def mail_problem(organization: Organization) -> str:
    """Say why a new secret of this organization could reach nobody; nothing where it can."""
    if not (link_mail.is_set_up() and settings.DELIVERY_URL):
        return NO_MAIL
    return "" if recipient(organization) else NO_CONTACT.format(organization=organization)


def _values(arguments: Arguments) -> dict[str, Any]:
    field, value = arguments["field"], arguments["value"]
    if field == "rotate_every":
        return {field: timedelta(days=int(value)) if value else None}
    return {field: value}


def _told(field: str, value: Any) -> str:
    if field == "expires_at":
        return f"expires {value:%-d %b %Y, %H:%M} UTC" if value else "never expires"
    if field == "rotate_every":
        return f"every {value.days} days" if value else "no rotation"
    return f"“{value}”" if value else "none"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _overlap(arguments: Arguments) -> timedelta:
    return rotation.OVERLAPS[arguments["overlap"]]


def _why(arguments: Arguments) -> dict[str, str]:
    return {"reason": arguments["reason"], "ticket": arguments["ticket"]}


_EDIT, _NEW_SECRET = (Permission.KEY_EDIT,), (Permission.KEY_ROTATE, Permission.KEY_DELIVER)
ACTS = {
    act.name: act
    for act in (
        Act("expire", "Set expiry", "Set the expiry of", _EDIT, _preview_expiry, _expire),
        Act("rotate", "Rotate", "Rotate", _NEW_SECRET, _preview_rotation, _rotate),
        Act("change", "Change a field", "Change a field of", _EDIT, _preview_change, _change),
    )
}


@dataclass(frozen=True)
class Review:
    """What would become of the selected keys: those that change, those that stay and why."""

    changing: list[tuple[ApiKey, str]]
    staying: list[tuple[ApiKey, str]]

    @property
    def total(self) -> int:
        return len(self.changing) + len(self.staying)


def review(act: Act, keys: ApiKeyQuerySet, arguments: Arguments, *, person: Staff) -> Review:
    """Look at each key without changing any."""
    now, found = timezone.now(), Review([], [])
    for key in rows(keys):
        if not all(policy.can(person, permission, key) for permission in (Permission.KEY_BULK, *act.permissions)):
            found.staying.append((key, "You may not do this to this key."))
            continue
        try:
            found.changing.append((key, act.preview(key, arguments, now)))
        except ValidationError as error:
            found.staying.append((key, " ".join(error.messages)))
    return found
