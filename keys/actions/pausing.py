"""Pause a key, and let it work again."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from keys import telling
from keys.actions.keys import lock_key, record
from keys.models import ApiKey
from orgs import changes


@transaction.atomic
def pause_key(*, key: ApiKey, actor: trail.Actor, reason: str, ticket: str = "") -> ApiKey:
    """Refuse the key from now on with PAUSED, until somebody resumes it; secrets, limits and expiry stay."""
    key = lock_key(key)
    if problem := pausing_problem(key):
        raise ValidationError(problem)
    reason, ticket = trail.cleaned_reason(reason), trail.cleaned_ticket(ticket)
    key.state, key.paused_at = ApiKey.State.PAUSED, timezone.now()
    key.pause_reason, key.pause_ticket = reason, ticket
    _save(key, Verb.KEY_PAUSED, actor=actor, before=ApiKey.State.ACTIVE, reason=reason, ticket=ticket)
    telling.paused(key)
    changes.announce(organization=key.organization, kind="key.paused", public_ids=_public_ids(key))
    return key


@transaction.atomic
def resume_key(
    *, key: ApiKey, actor: trail.Actor, seen_version: int | None = None, reason: str = "", ticket: str = ""
) -> ApiKey:
    """Let a paused key work again. With `seen_version`, one that was changed since is left alone."""
    key = lock_key(key)
    if problem := resuming_problem(key):
        raise ValidationError(problem)
    if seen_version not in (None, key.version):
        raise ValidationError("Somebody changed this key meanwhile. Nothing was changed.")
    key.state, key.paused_at, key.pause_reason, key.pause_ticket = ApiKey.State.ACTIVE, None, "", ""
    _save(key, Verb.KEY_RESUMED, actor=actor, before=ApiKey.State.PAUSED, reason=reason, ticket=ticket)
    telling.resumed(key)
    changes.announce(organization=key.organization, kind="key.resumed", public_ids=_public_ids(key))
    return key


def pausing_problem(key: ApiKey) -> str:
    """Say why the key cannot be paused; nothing where it can."""
    if key.state == ApiKey.State.REVOKED:
        return f"{key} is revoked: it is refused already, for good."
    if key.is_expired(at=timezone.now()):
        return f"{key} has expired: it is refused already."
    return f"{key} is paused already." if key.state == ApiKey.State.PAUSED else ""


def resuming_problem(key: ApiKey) -> str:
    """Say why the key cannot be resumed; nothing where it can."""
    if key.state == ApiKey.State.REVOKED:
        return f"{key} is revoked, which is final. Issue a new key instead."
    if key.is_expired(at=timezone.now()):
        return f"{key} has expired; issue a new key instead."
    return "" if key.state == ApiKey.State.PAUSED else f"{key} is not paused."


def _save(key: ApiKey, verb: Verb, *, actor: trail.Actor, before: str, reason: str, ticket: str) -> None:
    key.version += 1
    key.save(update_fields=["state", "paused_at", "pause_reason", "pause_ticket", "version"])
    record(verb, key, actor=actor, after={"state": [before, key.state]}, reason=reason, ticket=ticket)


def _public_ids(key: ApiKey) -> list[str]:
    return list(key.secrets.values_list("public_id", flat=True))
