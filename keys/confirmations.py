"""Which gateways have confirmed a change, and how long after its commit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from keys.gateways import GatewayCredential
from keys.models import ApiKey
from keys.readers import LAGGING, SILENT
from keys.verdicts import MAX_AGE_S, STALE_IF_ERROR_S
from orgs.models import Change

# The page stops asking then: who has not confirmed by now lags, or is silent.
WATCHED = timedelta(seconds=60)
# So long the page of a rotation tells of the last one.
REMEMBERED = timedelta(hours=1)

# A reader without an earlier step began after the change, with nothing kept from before it.
_OF = """
SELECT r.source, c.name, c.environment, r.seq >= %(seq)s, r.polled_at,
    (SELECT min(f.at) FROM keys_feedconfirmation f WHERE f.reader_id = r.id AND f.seq >= %(seq)s),
    EXISTS (SELECT FROM keys_feedconfirmation f WHERE f.reader_id = r.id AND f.seq < %(seq)s)
FROM keys_feedreader r JOIN keys_gatewaycredential c ON c.id = r.credential_id
WHERE c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > now())
ORDER BY c.environment, r.source, c.name
"""


class Confirmation(msgspec.Struct, frozen=True):
    """How one gateway stands to a change. `seconds` after the commit; None where it has not, or began later."""

    source: str
    credential_name: str
    environment: str
    has_confirmed: bool
    is_silent: bool
    seconds: float | None
    polled_at: datetime

    @property
    def is_production(self) -> bool:
        return self.environment == GatewayCredential.Environment.PRODUCTION

    @property
    def began_later(self) -> bool:
        """Whether it began to follow the feed after the change: it had nothing to confirm."""
        return self.has_confirmed and self.seconds is None


class Confirmations(msgspec.Struct, frozen=True):
    """How all gateways stand to a change, at this moment."""

    change: Change
    at: datetime
    rows: Sequence[Confirmation]

    @property
    def counted(self) -> list[Confirmation]:
        """The production gateways that followed the feed then, but for those that fell silent before they confirmed."""
        followed = [row for row in self.rows if row.is_production and not row.began_later]
        return [row for row in followed if row.has_confirmed or not row.is_silent]

    @property
    def later(self) -> list[Confirmation]:
        """The production gateways that began to follow the feed after the change."""
        return [row for row in self.rows if row.is_production and row.began_later]

    @property
    def waiting(self) -> list[Confirmation]:
        return [row for row in self.counted if not row.has_confirmed]

    @property
    def silent(self) -> list[Confirmation]:
        return [row for row in self.rows if row.is_production and row.is_silent and not row.has_confirmed]

    @property
    def confirmed(self) -> int:
        return len(self.counted) - len(self.waiting)

    @property
    def age(self) -> timedelta:
        return self.at - self.change.at

    @property
    def is_complete(self) -> bool:
        return bool(self.counted) and not self.waiting

    @property
    def is_late(self) -> bool:
        return bool(self.waiting) and self.age > LAGGING

    @property
    def is_over(self) -> bool:
        """Nothing more is to be seen by waiting."""
        return not self.waiting or self.age > WATCHED

    @property
    def sentence(self) -> str:
        """Such as “4 of 4 production gateways have confirmed, 0.8 s; 1 began to follow after it”."""
        total, later = len(self.counted), f"{len(self.later)} began to follow after it" if self.later else ""
        if not total:
            none = "No production gateway followed the change feed then"
            return f"{none}; {later}" if later else "No production gateway reads the change feed"
        whom = "production gateway has" if total == 1 else "production gateways have"
        took = max((row.seconds for row in self.counted if row.seconds is not None), default=None)
        told = f", {took:.1f} s" if self.is_complete and took is not None else ""
        return f"{self.confirmed} of {total} {whom} confirmed{told}{later and f'; {later}'}"

    @property
    def note(self) -> str:
        """What that means where it is not all of them; nothing where it is."""
        parts = []
        if not self.counted and self.later:
            parts.append("Who begins to follow keeps nothing from before.")
        elif not self.counted:
            parts.append(f"A gateway that keeps identities asks again after {MAX_AGE_S} s.")
        if self.is_late:
            parts.append("Until it confirms, a gateway may act on what it has kept.")
        if self.silent:
            parts.append(self._about_silent())
        return " ".join(parts)

    def _about_silent(self) -> str:
        names = ", ".join(row.source for row in self.silent)
        ends = max(row.polled_at for row in self.silent) + timedelta(seconds=MAX_AGE_S + STALE_IF_ERROR_S)
        if ends <= self.at:
            return f"Silent, with nothing kept that is valid: {names}."
        return f"Silent, with what was kept until {timezone.localtime(ends):%H:%M:%S %Z} at the latest: {names}."


def changes_of(key: ApiKey) -> QuerySet[Change]:
    """The changes that the feed still tells and that name a secret of the key, latest first."""
    ids = list(key.secrets.values_list("public_id", flat=True))
    return Change.objects.filter(organization=key.organization_id, public_ids__overlap=ids).order_by("-seq")


def of_rotation(key: ApiKey, *, at: datetime) -> Change | None:
    """Return the change that a rotation of the key waits for, of a key whose secrets are at hand.

    That is the one which made the secret to come, else the latest that rotated the key or ended a secret of it; where
    no rotation runs, for an hour.
    """
    _, old, pending = key.standing(at=at)
    stopped = [[each.public_id] for each in key.secrets.all() if each.is_retired(at=at)]
    # Time alone ends a secret with a change that names no other one.
    of_secrets = Q(kind="key.rotated") | Q(kind="key.changed", public_ids__in=stopped)
    found = changes_of(key).filter(of_secrets)
    if old is None:
        found = found.filter(at__gt=at - REMEMBERED)
    rotated = found.first()
    if pending is None:
        return rotated
    made = changes_of(key).filter(public_ids__contains=[pending.public_id]).last()
    return max((each for each in (rotated, made) if each), key=lambda each: each.seq, default=None)


def of(change: Change, *, at: datetime | None = None) -> Confirmations:
    """Return how the gateways whose credentials work stand to a change."""
    at = at or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_OF, {"seq": change.seq})
        rows = [_confirmation(row, change, at) for row in cursor.fetchall()]
    return Confirmations(change, at, rows)


def _confirmation(row: Sequence[Any], change: Change, at: datetime) -> Confirmation:
    source, name, environment, has_confirmed, polled_at, confirmed_at, was_there = row
    counts = has_confirmed and was_there and confirmed_at is not None
    seconds = max(0.0, (confirmed_at - change.at).total_seconds()) if counts else None
    return Confirmation(source, name, environment, has_confirmed, at - polled_at > SILENT, seconds, polled_at)
