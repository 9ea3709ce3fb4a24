"""What gateways say they have counted: the latest word of each source stands."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import orjson
from django.db import connection, transaction

from metering import names

# The days that are told of, in the order of their key, before anything else is locked: the triggers that count changes
# count what is told again before what is new, so that two calls could wait for each other there.
_HOLD = """
INSERT INTO metering_toldday AS told (organization_id, day, changes)
SELECT DISTINCT organization_id, (hour AT TIME ZONE 'UTC')::date AS day, 0
FROM json_to_recordset(%s::json) AS total(hour timestamptz, organization_id bigint) ORDER BY organization_id, day
ON CONFLICT (organization_id, day) DO UPDATE SET changes = told.changes WHERE false
"""
# In the order of the key: two calls that tell the same hours never wait for each other.
_KEEP = """
INSERT INTO metering_controltotal (source, hour, organization_id, api_version, succeeded, gateway, received_at)
SELECT %s, hour, organization_id, api_version, succeeded, %s, %s
FROM json_to_recordset(%s::json) AS total(
    hour timestamptz, organization_id bigint, api_version varchar, succeeded bigint
) ORDER BY organization_id, hour, api_version
ON CONFLICT (organization_id, hour, api_version, source) DO UPDATE
SET succeeded = excluded.succeeded, gateway = excluded.gateway, received_at = excluded.received_at
"""
# A call that was held up somewhere must not take back what a later one has said.
_COMPLETE = """
INSERT INTO metering_sourcecompletion AS known (source, complete_through, gateway, seen_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (source) DO UPDATE
SET complete_through = greatest(known.complete_through, excluded.complete_through),
    gateway = excluded.gateway, seen_at = excluded.seen_at
RETURNING complete_through
"""


class Total(NamedTuple):
    """How many succeeded in a UTC hour, by what the gateway calls the organization."""

    hour: datetime
    organization: str
    api_version: str
    succeeded: int


class UnknownOrganizations(Exception):
    """Some totals are of no organization that exists; `places` says which, counted from 0."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__(f"{len(places)} totals of unknown organizations")
        self.places = places


@transaction.atomic
def keep(totals: Sequence[Total], *, source: str, complete_through: datetime, gateway: str, now: datetime) -> datetime:
    """Store a source's totals and return until when it is complete by now.

    Raises UnknownOrganizations, and stores nothing then.
    """
    known = names.look_up(organizations={total.organization for total in totals}, public_ids=()).organizations
    unknown = [place for place, total in enumerate(totals) if total.organization not in known]
    if unknown:
        raise UnknownOrganizations(unknown)
    rows = [
        {
            "hour": total.hour,
            "organization_id": known[total.organization],
            "api_version": total.api_version,
            "succeeded": total.succeeded,
        }
        for total in totals
    ]
    with connection.cursor() as cursor:
        if rows:
            written = orjson.dumps(rows).decode()
            cursor.execute(_HOLD, [written])
            cursor.execute(_KEEP, [source, gateway, now, written])
        cursor.execute(_COMPLETE, [source, complete_through, gateway, now])
        through: datetime = cursor.fetchone()[0]
    return through
