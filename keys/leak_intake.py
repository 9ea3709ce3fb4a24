"""What scanners report: whose each credential is, and what became of it. Only a matching digest is acted on."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import redis
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit import trail
from keys import actions, counts, leaks
from keys.leaks import Leaked, Match
from keys.models import ApiKey, KeySecret, LeakReport, SecretHour, SecretUse
from orgs import changes
from orgs.models import Organization

logger = logging.getLogger(__name__)

Status = Literal["revoked", "flagged", "not_ours", "already_dead"]
STATUSES: tuple[str, ...] = get_args(Status)


@dataclass(frozen=True)
class Result:
    """What became of a credential that was reported."""

    public_id: str
    status: Status


def take(text_says: Iterable[Match], *, actor: trail.Actor, source: str, url: str) -> list[Result]:
    """Report each credential that is ours, and revoke what nobody's production rests on; returns after all know it.

    A key in use is flagged for a person to decide: a wrong report would stop a customer. One that was never used or is
    paused is revoked, and every one where LEAK_AUTO_REVOKE says so. A gateway's credential is flagged: all customers
    behind it would stop.
    """
    results, revoked = [], set[Organization]()
    for match in _once(text_says):
        status = _status(match.secret, actor=actor, source=source, url=url)
        results.append(Result(match.public_id, status))
        if status == "revoked" and isinstance(match.secret, KeySecret):
            revoked.add(match.secret.key.organization)
    for organization in revoked:
        changes.settle(organization)
    return results


def _once(matches: Iterable[Match]) -> Sequence[Match]:
    """Each public id once; one that matches goes before others that only claim it."""
    kept: dict[str, Match] = {}
    for match in matches:
        if match.public_id not in kept or match.secret is not None:
            kept[match.public_id] = match
    return list(kept.values())


def _status(secret: Leaked | None, *, actor: trail.Actor, source: str, url: str) -> Status:
    if secret is None:
        return "not_ours"
    leak = actions.report_leak(secret=secret, actor=actor, source=source, url=url)
    if leak.outcome == LeakReport.Outcome.ALREADY_DEAD:
        return "already_dead"
    if not isinstance(secret, KeySecret) or not _may_be_revoked(secret.key):
        return "flagged"
    return _revoke(leak, secret, actor=actor, source=source)


def _revoke(leak: LeakReport, secret: KeySecret, *, actor: trail.Actor, source: str) -> Status:
    try:
        actions.revoke_leaked(leak=leak, actor=actor, reason=f"Reported as leaked by {source}")
    except ValidationError:
        # Somebody was quicker.
        secret = KeySecret.objects.select_related("key__organization").get(pk=secret.pk)
        return "already_dead" if leaks.death(secret, at=timezone.now()) else "flagged"
    return "revoked"


def _may_be_revoked(key: ApiKey) -> bool:
    return settings.LEAK_AUTO_REVOKE or key.state == ApiKey.State.PAUSED or _was_never_used(key)


def _was_never_used(key: ApiKey) -> bool:
    """Whether no call with the key is known; not where what was counted lately cannot be read."""
    try:
        counts.flush([key.organization_id])
    except redis.RedisError:
        logger.warning("the counter store does not answer: %s counts as used", key.uid)
        return False
    used = SecretUse.objects.filter(secret__key=key).exists()
    return not used and not SecretHour.objects.filter(secret__key=key).exists()
