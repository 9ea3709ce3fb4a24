"""How long generations take: what is said of running jobs rests on it."""

from django.db import connection

# The latest so many are told from the index; a mean of more would say the same, later.
LATEST = 2_000
_MEANS = """
SELECT api_version, avg(duration_ms) / 1000.0 FROM (
    SELECT api_version, duration_ms FROM metering_generation
    WHERE organization_id = %s ORDER BY generation_id DESC LIMIT %s
) AS latest WHERE duration_ms IS NOT NULL GROUP BY api_version
"""


def lately(organization: int) -> dict[str, float]:
    """Return the mean seconds of an organization's latest generations, by API version."""
    with connection.cursor() as cursor:
        cursor.execute(_MEANS, [organization, LATEST])
        return {version: float(seconds) for version, seconds in cursor.fetchall()}
