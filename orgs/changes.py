"""The change feed: a change to an organization, its keys, limits, plan or pilot raises its version and is announced."""

import functools
import logging
import threading
import time
from collections.abc import Sequence

import redis
from django.db import connection, transaction

from orgs import tokens
from orgs.models import Organization

logger = logging.getLogger(__name__)

# By then every process has read the feed, or trusts nothing that it remembers.
FEED_SECONDS = 5.0
_AGAIN_SECONDS = 0.5

# One row carries the sequence. The last statement of the transaction updates it, and it stays locked until the commit,
# so numbers come in commit order and without holes. The organization's row is always locked before it, never after.
_ANNOUNCE = """
WITH raised AS (
    UPDATE orgs_organization SET version = version + 1 WHERE id = %(organization)s RETURNING version
), head AS (
    INSERT INTO orgs_changehead AS head (id, seq) SELECT 1, 1 FROM raised
    ON CONFLICT (id) DO UPDATE SET seq = head.seq + 1 RETURNING seq
)
INSERT INTO orgs_change (seq, at, kind, organization_id, public_ids, version)
SELECT head.seq, clock_timestamp(), %(kind)s, %(organization)s, %(public_ids)s::varchar(12)[], raised.version
FROM raised, head RETURNING version
"""


def announce(*, organization: Organization, kind: str, public_ids: Sequence[str] = ()) -> int:
    """Raise the organization's version and append the change to the feed; the last statement of an action.

    Returns the new version, which the given object carries afterwards. Once the transaction has committed, every
    process that remembers something of the organization is told to read it again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _ANNOUNCE,
            {
                "organization": organization.pk,
                "kind": kind,
                "public_ids": list(public_ids),
            },
        )
        row = cursor.fetchone()
    if row is None:
        raise Organization.DoesNotExist(f"no organization with key {organization.pk}")
    organization.version = row[0]
    transaction.on_commit(functools.partial(tell, organization.pk), robust=True)
    return organization.version


def settle(organization: Organization) -> None:
    """Return once no process says anything of the organization that its last change has made untrue.

    To be called after the commit, by whoever tells a person that a key is refused. That is at once where the counter
    store has acknowledged the new token; else it is tried again until the feed has reached everybody, 5 s after the
    commit.
    """
    while (lost_at := _lost.since(organization.pk)) is not None:
        left = lost_at + FEED_SECONDS - time.monotonic()
        if left <= 0 or _renewed(organization.pk):
            return
        time.sleep(min(left, _AGAIN_SECONDS))


def tell(organization: int) -> None:
    """Renew the token of an organization whose change has just been committed; where that fails, `settle` waits."""
    committed_by = time.monotonic()
    if not _renewed(organization):
        _lost.note(organization, at=committed_by)


def _renewed(organization: int) -> bool:
    began = time.monotonic()
    try:
        tokens.renew(organization)
    except redis.RedisError as error:
        logger.warning("the token of organization %s could not be renewed: %s", organization, error)
        return False
    _lost.forget(organization, until=began)
    return True


class _Lost:
    """Of which organizations the last token was not acknowledged, and since when, on this process's clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: dict[int, float] = {}

    def since(self, organization: int) -> float | None:
        return self._since.get(organization)

    def note(self, organization: int, *, at: float) -> None:
        with self._lock:
            recent = {one: since for one, since in self._since.items() if since > at - FEED_SECONDS}
            self._since = {**recent, organization: at}

    def forget(self, organization: int, *, until: float) -> None:
        """A token that was renewed after `until` makes good what was lost before; a later loss stands."""
        with self._lock:
            if self._since.get(organization, until) <= until:
                self._since.pop(organization, None)


_lost = _Lost()
