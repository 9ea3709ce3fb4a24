"""Decisions by minute, hour and caller: counted in the counter store, written down once a minute, each exactly once.

A batch is what was counted since the last flush. It gets an id, is written together with a receipt of that id in one
transaction, and only then forgotten: whoever comes to it a second time finds the receipt and counts nothing.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from audit import uuid7
from keys import models, tally
from keys.limits import store
from keys.tally import Counted, Owner, Sums

logger = logging.getLogger(__name__)

# The sweep may wait for a store that is busy; a page is shown with what was written down before.
SWEEP_TIMEOUT_S, PAGE_TIMEOUT_S = 5.0, 0.5
ORGANIZATIONS_AT_ONCE = 500
# So many fields in one transaction at the most, where no single batch holds more.
FIELDS_AT_ONCE = 20_000
FLUSHED_AT = "counts:flushed-at"

# Both or neither: a batch whose name nobody noted would be lost.
_TAKE = """
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('SADD', KEYS[3], ARGV[1])
end
return redis.call('SMEMBERS', KEYS[3])
"""
_FORGET = """
redis.call('DEL', KEYS[1])
redis.call('SREM', KEYS[2], ARGV[1])
"""
# Sorted, as everything below: two flushes that meet wait for each other, and never in a circle.
_RECEIVE = """
INSERT INTO keys_flushreceipt (id, at) SELECT id, now() FROM unnest(%s::uuid[]) AS batch(id) ORDER BY id
ON CONFLICT (id) DO NOTHING RETURNING id
"""
_MINUTES = """
INSERT INTO keys_decisionminute AS known (organization_id, minute, key_id, api_version, code, calls, units)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
ON CONFLICT ON CONSTRAINT one_count_of_decisions_per_minute
DO UPDATE SET calls = known.calls + excluded.calls, units = known.units + excluded.units
"""
_HOURS = """
INSERT INTO keys_decisionhour AS known (organization_id, hour, key_id, api_version, code, limit_name, calls, units)
SELECT * FROM unnest(
    %s::bigint[], %s::timestamptz[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
ON CONFLICT ON CONSTRAINT one_count_of_decisions_per_hour
DO UPDATE SET calls = known.calls + excluded.calls, units = known.units + excluded.units
"""
_CALLERS = """
INSERT INTO keys_secrethour AS known (secret_id, hour, api_version, address, user_agent, admitted, refused)
SELECT c.secret_id, c.hour, c.api_version, nullif(c.address, '')::inet, c.agent, c.admitted, c.refused
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
    AS c(secret_id, hour, api_version, address, agent, admitted, refused)
ON CONFLICT ON CONSTRAINT one_count_per_secret_hour_and_caller
DO UPDATE SET admitted = known.admitted + excluded.admitted, refused = known.refused + excluded.refused
"""


class Batch(NamedTuple):
    """What waits to be written down, of one organization."""

    organization: int
    id: UUID
    counted: Sequence[Counted]


def flush(organizations: Iterable[int] | None = None, *, timeout: float = SWEEP_TIMEOUT_S) -> None:
    """Write down what was counted, of these organizations or of all. Safe to run twice, at once, and to be killed.

    Raises redis.RedisError where the store does not answer: nothing is lost by it.
    """
    with store.connect(settings.VALKEY_URL, timeout=timeout) as client:
        packs = _packed(_batches(client, whose(organizations)))
        failed = [error for batches in packs if (error := _flush(client, batches))]
        if failed:
            raise failed[0]
        if organizations is None:
            client.set(FLUSHED_AT, f"{time.time():.3f}")


def whose(organizations: Iterable[int] | None) -> Iterable[int]:
    """Return these organizations, or all that have keys: nobody else's calls are counted."""
    if organizations is not None:
        return organizations
    return list(models.ApiKey.objects.order_by().values_list("organization_id", flat=True).distinct())


def lag(client: redis.Redis) -> float | None:
    """Return how many seconds ago everything was last written down; None where that is not known."""
    at: Any = client.get(FLUSHED_AT)
    return None if at is None else max(0.0, time.time() - float(at))


def _flush(client: redis.Redis, batches: Sequence[Batch]) -> DatabaseError | None:
    """Write some batches down; what the database refuses waits, and keeps nobody else's from being written."""
    try:
        _write_once(batches)
    except DatabaseError as error:
        logger.exception("%s batches wait, the first is %s", len(batches), batches[0].id)
        return error
    _forget(client, batches)
    return None


def _batches(client: redis.Redis, organizations: Iterable[int]) -> Iterator[Batch]:
    waiting = iter(organizations)
    while some := list(islice(waiting, ORGANIZATIONS_AT_ONCE)):
        for organization, ids in zip(some, _take(client, some), strict=True):
            for id in sorted(ids):
                yield _read(client, organization, UUID(id.decode()))


def _take(client: redis.Redis, organizations: Sequence[int]) -> list[list[bytes]]:
    """Name what was counted until now; returns the batches of each organization that are to be written down."""
    with client.pipeline(transaction=False) as pipeline:
        for organization in organizations:
            id = str(uuid7.make())
            names = [tally.name(organization), tally.batch_name(organization, id), tally.batches_name(organization)]
            pipeline.eval(_TAKE, len(names), *names, id)
        return pipeline.execute()


def _read(client: redis.Redis, organization: int, id: UUID) -> Batch:
    fields: Any = client.hgetall(tally.batch_name(organization, str(id)))
    counted, strange = tally.read(fields)
    if strange:
        logger.error("%s fields of batch %s are no counts, the first is %r", len(strange), id, strange[0])
    return Batch(organization, id, counted)


def _packed(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Put small batches together: a transaction for each of many quiet organizations would be most of the work."""
    pack: list[Batch] = []
    size = 0
    for batch in batches:
        if pack and size + len(batch.counted) > FIELDS_AT_ONCE:
            yield pack
            pack, size = [], 0
        pack.append(batch)
        size += len(batch.counted)
    if pack:
        yield pack


@transaction.atomic
def _write_once(batches: Sequence[Batch]) -> None:
    received = _received([batch.id for batch in batches])
    counted = [one for batch in batches if batch.id in received for one in batch.counted]
    sums = tally.summed(counted, _owners(counted), _limit_names(counted))
    if sums.calls_by_minute:
        _write(sums)


def _received(ids: Sequence[UUID]) -> set[UUID]:
    """Write the receipts; returns those that are new, whose batches nobody has counted."""
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVE, [list(ids)])
        return {row[0] for row in cursor.fetchall()}


def _owners(counted: Sequence[Counted]) -> Mapping[str, Owner]:
    public_ids = {one.public_id for one in counted}
    rows = models.KeySecret.objects.filter(public_id__in=public_ids)
    found = {row[0]: Owner(*row[1:]) for row in rows.values_list("public_id", "id", "key_id", "key__organization_id")}
    if unknown := public_ids - set(found):
        logger.error("%s counted secrets are not known, the first is %s", len(unknown), min(unknown))
    return found


def _limit_names(counted: Sequence[Counted]) -> Mapping[int, str]:
    ids = {one.limit for one in counted if one.limit is not None}
    return dict(models.LimitRule.objects.filter(id__in=ids).values_list("id", "name")) if ids else {}


def _write(sums: Sums) -> None:
    with connection.cursor() as cursor:
        minutes, hours = sums.calls_by_minute, sums.calls_by_hour
        cursor.execute(_MINUTES, _columns((*of, minutes[of], sums.units_by_minute[of]) for of in sorted(minutes)))
        cursor.execute(_HOURS, _columns((*of, hours[of], sums.units_by_hour[of]) for of in sorted(hours)))
        callers = sorted({*sums.admitted, *sums.refused})
        cursor.execute(_CALLERS, _columns((*of, sums.admitted[of], sums.refused[of]) for of in callers))


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _forget(client: redis.Redis, batches: Sequence[Batch]) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for batch in batches:
            id = str(batch.id)
            names = [tally.batch_name(batch.organization, id), tally.batches_name(batch.organization)]
            pipeline.eval(_FORGET, len(names), *names, id)
        pipeline.execute()
