"""What is kept for how long: counts and refusals are let go in batches, so that no sweep holds up a flush."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction

# A minute longer than "the same week, a week ago"; and the same month of last year, whole.
MINUTES, HOURS, REFUSALS = timedelta(days=8), timedelta(days=400), timedelta(days=7)
# Addresses are people's data: after three months a secret's hour keeps its sums and no caller.
CALLERS = timedelta(days=90)
# A receipt matters while its batch could come back, as after a restart of the counter store from an older file.
RECEIPTS = timedelta(days=3)
AT_ONCE = 5_000

_DELETE = """
DELETE FROM {table} WHERE {id} = ANY(ARRAY(SELECT {id} FROM {table} WHERE {column} < %s ORDER BY {column} LIMIT %s))
"""
_SUM_CALLERS = """
WITH old AS (
    DELETE FROM keys_secrethour WHERE id = ANY(ARRAY(
        SELECT id FROM keys_secrethour
        WHERE hour < %s AND (address IS NOT NULL OR user_agent <> '') ORDER BY hour LIMIT %s))
    RETURNING secret_id, hour, api_version, admitted, refused
), summed AS (
    INSERT INTO keys_secrethour AS known (secret_id, hour, api_version, address, user_agent, admitted, refused)
    SELECT secret_id, hour, api_version, NULL, '', sum(admitted), sum(refused) FROM old
    GROUP BY secret_id, hour, api_version ORDER BY secret_id, hour, api_version
    ON CONFLICT ON CONSTRAINT one_count_per_secret_hour_and_caller
    DO UPDATE SET admitted = known.admitted + excluded.admitted, refused = known.refused + excluded.refused
)
SELECT count(*) FROM old
"""
_TABLES = {
    "keys_decisionminute": ("id", "minute", MINUTES),
    "keys_decisionhour": ("id", "hour", HOURS),
    "keys_secrethour": ("id", "hour", HOURS),
    "keys_refusal": ("decision_id", "at", REFUSALS),
}


def sweep(*, now: datetime) -> None:
    """Let go of counts and refusals that are older than they are kept, and of old counts' callers."""
    for table, (id, column, kept) in _TABLES.items():
        _delete(table, id, column, before=now - kept)
    _until_done(lambda: _sum_callers(now - CALLERS))


def forget_receipts(*, now: datetime) -> None:
    """Let go of old receipts. Only for whoever has just flushed everything: no batch waits that one of them is for."""
    _delete("keys_flushreceipt", "id", "at", before=now - RECEIPTS)


def _delete(table: str, id: str, column: str, *, before: datetime) -> None:
    statement = _DELETE.format(table=table, id=id, column=column)

    def delete() -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, [before, AT_ONCE])
            return cursor.rowcount

    _until_done(delete)


def _until_done(batch: Callable[[], int]) -> None:
    # Each batch is a transaction of its own.
    while batch() == AT_ONCE:
        pass


@transaction.atomic
def _sum_callers(before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_SUM_CALLERS, [before, AT_ONCE])
        found: int = cursor.fetchone()[0]
    return found
