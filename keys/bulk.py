"""What can be done to many keys at once: what each would become, said before, and the work, done by a job.

No secret ever stands in a job; what becomes of a new one says `keys.bulk_rotation`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from audit import jobs, trail
from keys import actions, bulk_rotation, lifetimes
from keys.models import ApiKey, ApiKeyQuerySet
from orgs import on_behalf, policy
from orgs.models import Staff
from orgs.policy import Permission

Arguments = Mapping[str, Any]
FIELDS = {"rotate_every": "Rotate every", "purpose": "Purpose"}


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
        refusal = "You may no longer do this to this key."
        actor = on_behalf.acting(actor, Permission.KEY_BULK, *self.permissions, about=key, refusal=refusal)
        return self.do(key, actor, arguments, piece.seen)

    def next_step(self, piece: jobs.Piece, arguments: Arguments) -> jobs.NextStep | None:
        """What a person has to do about a key when the job is done with it. For `audit.jobs`."""
        if self.name != "rotate" or not bulk_rotation.is_held(arguments):
            return None
        return jobs.NextStep("Hand over", f"{reverse('keys:detail', args=[piece.target.id])}#links")


def rows(keys: ApiKeyQuerySet) -> ApiKeyQuerySet:
    """The keys with all that a preview looks at, in a fixed number of statements."""
    return keys.select_related("organization__plan_version__plan").prefetch_related("organization__contacts", "secrets")


def pieces(keys: ApiKeyQuerySet) -> list[jobs.Piece]:
    """What a job works on, each key as it is now."""
    return [jobs.Piece(key.target, key.organization.target, key.version) for key in keys]


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


def _why(arguments: Arguments) -> dict[str, str]:
    return {"reason": arguments["reason"], "ticket": arguments["ticket"]}


_EDIT, _NEW_SECRET = (Permission.KEY_EDIT,), (Permission.KEY_ROTATE, Permission.KEY_DELIVER)
ACTS = {
    act.name: act
    for act in (
        Act("expire", "Set expiry", "Set the expiry of", _EDIT, _preview_expiry, _expire),
        Act("rotate", "Rotate", "Rotate", _NEW_SECRET, bulk_rotation.preview, bulk_rotation.rotate),
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
