"""What a gateway reads of the change feed, and how far it confirms to have come by asking on."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import connection

# One statement, so that retention cannot take a change away between the look at the oldest and the reading.
_READ = """
SELECT head.seq, (SELECT min(seq) FROM orgs_change), c.seq, c.at, c.kind, c.uid, c.public_ids, c.version
FROM (SELECT coalesce((SELECT seq FROM orgs_changehead WHERE id = 1), 0) AS seq) head
LEFT JOIN LATERAL (
    SELECT change.seq, change.at, change.kind, o.uid, change.public_ids, change.version
    FROM orgs_change change JOIN orgs_organization o ON o.id = change.organization_id
    WHERE change.seq > %(after)s ORDER BY change.seq LIMIT %(rows)s
) c ON true
ORDER BY c.seq
"""
_HEAD = "SELECT coalesce((SELECT seq FROM orgs_changehead WHERE id = 1), 0)"

# A step is written down; asking again for the same is only heard. Who goes back takes back what it had confirmed beyond
# that. What it still confirms is as old as it was.
_CONFIRM = """
WITH before AS (
    SELECT id, seq FROM keys_feedreader WHERE credential_id = %(credential)s AND source = %(source)s
), reader AS (
    INSERT INTO keys_feedreader (credential_id, source, seq, polled_at)
    SELECT %(credential)s::bigint, %(source)s::text, %(seq)s::bigint, clock_timestamp()
    WHERE EXISTS (SELECT FROM before) OR %(most)s > (
        SELECT count(*) FROM keys_feedreader
        WHERE credential_id = %(credential)s AND polled_at > now() - interval '1 day')
    ON CONFLICT (credential_id, source) DO UPDATE SET seq = excluded.seq, polled_at = excluded.polled_at
    RETURNING id, polled_at
), taken_back AS (
    DELETE FROM keys_feedconfirmation USING before
    WHERE reader_id = before.id AND before.seq > %(seq)s AND keys_feedconfirmation.seq > %(seq)s
), stepped AS (
    INSERT INTO keys_feedconfirmation (reader_id, seq, at)
    SELECT reader.id, %(seq)s, coalesce(
        (SELECT min(at) FROM keys_feedconfirmation WHERE reader_id = reader.id AND seq > %(seq)s), reader.polled_at)
    FROM reader WHERE NOT EXISTS (SELECT FROM before WHERE seq = %(seq)s)
    ON CONFLICT (reader_id, seq) DO NOTHING
), crowd AS (
    DELETE FROM keys_feedreader
    WHERE EXISTS (SELECT FROM reader) AND NOT EXISTS (SELECT FROM before) AND polled_at <= now() - interval '1 day'
    AND id IN (
        SELECT id FROM keys_feedreader WHERE credential_id = %(credential)s ORDER BY polled_at DESC OFFSET %(most)s - 1)
    RETURNING id
), crowds AS (
    DELETE FROM keys_feedconfirmation USING crowd WHERE reader_id = crowd.id
)
SELECT reader.id, (
    SELECT extract(epoch FROM reader.polled_at - change.at)::float8
    FROM before JOIN orgs_change change ON change.seq = before.seq + 1
    WHERE before.seq < %(seq)s)
FROM reader
"""
_FORGET_CHANGES = "SELECT orgs_forget_changes()"
# Each reader's newest step stays: without it a reader that long had nothing to confirm would pass for a new one.
_FORGET_CONFIRMATIONS = """
DELETE FROM keys_feedconfirmation old WHERE old.at < now() - interval '7 days'
    AND EXISTS (SELECT FROM keys_feedconfirmation newer WHERE newer.reader_id = old.reader_id AND newer.seq > old.seq)
"""
_FORGET_READERS = """
WITH gone AS (
    DELETE FROM keys_feedreader WHERE polled_at < now() - make_interval(days => %s) RETURNING id
) DELETE FROM keys_feedconfirmation USING gone WHERE reader_id = gone.id
"""
# Longer than a weekend; a gateway that comes back after it begins as a new one.
FORGOTTEN_AFTER_DAYS = 3
# A gateway that names itself anew with each start is not kept with all its names: one that is silent for a day makes
# room. One that only lags never does, or whoever makes names up would hide it.
MOST_SOURCES = 200


class Change(msgspec.Struct, frozen=True):
    """Something that a gateway's cache must learn of; `organization` is its id."""

    seq: int
    at: datetime
    kind: str
    organization: str
    public_ids: Sequence[str]
    version: int


class Page(msgspec.Struct, frozen=True):
    """A piece of the feed in commit order, without holes. `next` is what to ask after next."""

    changes: Sequence[Change]
    next: int
    has_more: bool


class Forgotten(Exception):
    """What followed has been forgotten; `head` is where to start from, with nothing kept."""

    def __init__(self, head: int) -> None:
        super().__init__(f"the feed begins later; its head is {head}")
        self.head = head


class AheadOfFeed(Exception):
    """Nobody can have been told that number yet."""


class TooManySources(Exception):
    """So many other sources of this credential have asked within a day."""


def head() -> int:
    """Return the number of the last change; 0 before the first."""
    with connection.cursor() as cursor:
        cursor.execute(_HEAD)
        return int(cursor.fetchone()[0])


def read(*, after: int, limit: int) -> Page:
    """Return at most `limit` changes that follow `after`.

    Raises Forgotten where some of them are gone, AheadOfFeed where `after` is no number of the feed yet.
    """
    with connection.cursor() as cursor:
        # One more than is told says whether there are more.
        cursor.execute(_READ, {"after": after, "rows": limit + 1})
        rows = cursor.fetchall()
    head, oldest = rows[0][:2]
    if after > head:
        raise AheadOfFeed
    if after + 1 < (head + 1 if oldest is None else oldest):
        raise Forgotten(head)
    changes = [Change(*row[2:]) for row in rows[:limit] if row[2] is not None]
    return Page(changes, changes[-1].seq if changes else after, len(rows) > limit)


def confirm(*, credential: int, source: str, seq: int) -> float | None:
    """Note that a source of this credential has come as far as `seq`: by a primary key, and by source.

    Returns the seconds since the oldest change that it confirms anew was committed; None where it confirms none.
    Raises TooManySources for a new name beyond MOST_SOURCES.
    """
    asked: dict[str, int | str] = {"credential": credential, "source": source, "seq": seq, "most": MOST_SOURCES}
    with connection.cursor() as cursor:
        cursor.execute(_CONFIRM, asked)
        row = cursor.fetchone()
    if row is None:
        raise TooManySources
    return None if row[1] is None else float(row[1])


def forget() -> None:
    """Drop changes and confirmations older than a week, and readers that have not asked for days."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_CHANGES)
        cursor.execute(_FORGET_CONFIRMATIONS)
        cursor.execute(_FORGET_READERS, [FORGOTTEN_AFTER_DAYS])
