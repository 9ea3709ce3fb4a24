"""Where in their organizations' chains the next documents stand, and how they are numbered."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection

_ENDS = """
SELECT asked.organization_id, coalesce(last.sequence, 0), coalesce(last.sha256, ''), taken.numbers
FROM unnest(%(organizations)s::bigint[]) AS asked (organization_id)
LEFT JOIN LATERAL (
    SELECT sequence, sha256 FROM metering_statement WHERE organization_id = asked.organization_id
    ORDER BY sequence DESC LIMIT 1
) AS last ON true
CROSS JOIN (
    SELECT ARRAY(SELECT number FROM metering_statement WHERE number = ANY (%(numbers)s::text[])) AS numbers
) AS taken
"""


class Place(NamedTuple):
    """Where in an organization's chain the next document stands, and its number."""

    sequence: int
    previous_sha256: str
    number: str


def places(wanted: Sequence[tuple[int, Iterable[str]]]) -> list[Place]:
    """Find the ends of the chains, and for each the first of its numbers that is free, with one statement.

    `wanted` names each organization once, by its id. The caller holds their fences.
    """
    numbers = [list(some) for _, some in wanted]
    told: dict[str, Any] = {
        "organizations": [pk for pk, _ in wanted],
        "numbers": [number for some in numbers for number in some],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, told)
        found = {pk: rest for pk, *rest in cursor.fetchall()}
    taken = {number for *_, already in found.values() for number in already}
    result = []
    for (pk, _), some in zip(wanted, numbers, strict=True):
        sequence, sha256, _ = found[pk]
        number = next(number for number in some if number not in taken)
        taken.add(number)
        result.append(Place(sequence + 1, sha256, number))
    return result
