"""How long generations take: what is said of running jobs rests on it, and how long their leases last."""

from datetime import datetime, timedelta

from django.db import connection

from keys.job_lengths import Measured
from metering.models import generations

# The latest so many are told from the index; a mean of more would say the same, later.
LATEST = 2_000
_MEANS = """
SELECT api_version, avg(duration_ms) / 1000.0 FROM (
    SELECT api_version, duration_ms FROM metering_generation
    WHERE organization_id = %s ORDER BY generation_id DESC LIMIT %s
) AS latest WHERE duration_ms IS NOT NULL GROUP BY api_version
"""

# Of jobs that anybody waits for, in any outcome: the latest of each organization that has reported within a week.
RECENT = timedelta(days=7)
# Of fewer the longest one would be what is told.
ENOUGH = 100
_LONGEST = """
SELECT o.id, l.api_version, percentile_disc(0.99) WITHIN GROUP (ORDER BY l.duration_ms)
FROM orgs_organization o CROSS JOIN LATERAL (
    SELECT api_version, duration_ms FROM metering_generation
    WHERE organization_id = o.id AND generation_id >= %(since)s ORDER BY generation_id DESC LIMIT %(latest)s
) AS l WHERE l.duration_ms IS NOT NULL GROUP BY o.id, l.api_version HAVING count(*) >= %(enough)s
"""


def longest(*, at: datetime, latest: int = 10_000) -> list[Measured]:
    """Return what ninety-nine of a hundred of each organization's latest generations took at most, by version."""
    since, _ = generations.ids_between(at - RECENT, at)
    with connection.cursor() as cursor:
        cursor.execute(_LONGEST, {"since": since, "latest": latest, "enough": ENOUGH})
        return [Measured(*row) for row in cursor.fetchall()]


def lately(organization: int) -> dict[str, float]:
    """Return the mean seconds of an organization's latest generations, by API version."""
    with connection.cursor() as cursor:
        cursor.execute(_MEANS, [organization, LATEST])
        return {version: float(seconds) for version, seconds in cursor.fetchall()}
