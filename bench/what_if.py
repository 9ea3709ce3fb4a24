"""One week of a million admissions replayed against other limits: what the page Limits shows while somebody types.

An organization with calls in every one of 10,080 minutes, of ten keys and both versions, and six limits of it, one of
them a key's own. Measured is everything from the statement to the database to the figures of each limit.
"""

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg

from bench import cpu, figures, stack

if TYPE_CHECKING:
    from keys.models import ApiKey
    from orgs.models import Organization

KEYS, LIMITS, ROUNDS = 10, 6, 15
MONTH = timedelta(days=30)
MINUTES, ADMISSIONS = 7 * 24 * 60, 1_000_000

# As many calls in each minute as the day's course says, which adds up to the million, and some refused in busy ones.
_MINUTES = """
WITH course AS (
    SELECT n, 100 * (1 + 0.8 * sin(2 * pi() * n / 1440)) AS level FROM generate_series(0, %(minutes)s - 1) n
), summed AS (
    SELECT n, level, round(sum(level) OVER (ORDER BY n) * %(all)s / sum(level) OVER ())::bigint AS until FROM course
), calls AS (
    SELECT n, level, until - coalesce(lag(until) OVER (ORDER BY n), 0) AS calls FROM summed
), shared AS (
    SELECT n, level, k, v, calls / 20 + (calls %% 20 > k * 2 + v)::int AS calls
    FROM calls, generate_series(0, 9) k, generate_series(0, 1) v
)
INSERT INTO keys_decisionminute (organization_id, minute, key_id, api_version, code, calls, units)
SELECT %(organization)s, %(since)s + n * interval '1 minute', (%(keys)s::bigint[])[k + 1], 'v' || v + 1, code,
    CASE code WHEN 'VALID' THEN calls ELSE 1 END, CASE code WHEN 'VALID' THEN calls * 2 ELSE 1 END
FROM shared, unnest(ARRAY['VALID', 'RATE_LIMITED']) code
WHERE calls > 0 AND (code = 'VALID' OR (level > 175 AND v = 1 AND n %% 4 = 0))
"""
_HOURS = """
INSERT INTO keys_decisionhour (organization_id, hour, key_id, api_version, code, limit_name, calls, units)
SELECT organization_id, date_trunc('hour', minute), key_id, api_version, code,
    CASE code WHEN 'VALID' THEN '' ELSE 'v2-minute' END, sum(calls), sum(units)
FROM keys_decisionminute WHERE organization_id = %(organization)s GROUP BY 1, 2, 3, 4, 5, 6
"""
_WRITTEN = """
SELECT sum(calls), count(DISTINCT minute) FROM keys_decisionminute
WHERE code = 'VALID' AND organization_id = %(organization)s
"""


def milliseconds(var: Path) -> list[float]:
    """Return how long each round took. The stores in `var` run, and Django is set up for them."""
    organization, keys = _organization()
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    _count(organization, keys, now=now)
    with psycopg.connect(stack.owner_login(var), autocommit=True) as owner:
        # As the database does by itself, a minute later.
        owner.execute("VACUUM (ANALYZE) keys_decisionminute, keys_decisionhour")
    return [_once(organization, keys[0], number, now=now) for number in range(ROUNDS)]


def _once(organization: "Organization", key: "ApiKey", number: int, *, now: datetime) -> float:
    from keys.limits import holding, replay

    began = time.perf_counter()
    week = replay.week(organization, at=now, keys=[key.pk])
    held = [holding.terms_of(rule) for rule in holding.now(week.rules, at=now)]
    # Tighter with every round, so that more and more minutes are refused something.
    proposed = [replace(terms, limit=max(1, terms.limit * (ROUNDS - number) // ROUNDS)) for terms in held]
    told = week.what_if(proposed, changed=[terms.place for terms in proposed])
    taken = (time.perf_counter() - began) * 1_000
    if (told.minutes, len(told.effects)) != (MINUTES, LIMITS) or (not number and not told.before):
        raise RuntimeError(f"{told.minutes} minutes and {len(told.effects)} limits were replayed")
    return taken


def _organization() -> "tuple[Organization, list[ApiKey]]":
    """Make a customer with ten keys and six limits, one of them a key's own, that held all the time."""
    from django.db import transaction
    from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
    from django.utils import timezone

    from audit import trail
    from audit.verbs import Verb
    from keys import actions as keys
    from keys.models import LimitRule
    from orgs import actions, plans

    now, who = timezone.now(), trail.SYSTEM
    with transaction.atomic():
        organization = actions.create_organization(
            actor=who, name="What if", slug="what-if", plan_version=plans.latest("enterprise"), created_at=now - MONTH
        )
        organization = actions.activate_organization(organization=organization, actor=who)
        about = {"organization": organization, "actor": who, "environment": "live", "api_versions": ["v1", "v2"]}
        issued = [keys.issue_key(name=f"key {number}", expires_at=now + MONTH, **about)[0] for number in range(KEYS)]
        mine = {"organization": organization, "effective": DateTimeTZRange(now - MONTH, None, "[)")}
        rate = {"period_s": 60, "burst": 1_000}
        trail.record(
            Verb.LIMIT_SET, actor=who, target=organization.target, reason="measuring", further=[issued[0].target]
        )
        LimitRule.objects.bulk_create(
            [
                LimitRule(name="v1-minute", api_version="v1", limit=120, **rate, **mine),
                LimitRule(name="v2-minute", api_version="v2", limit=100, **rate, **mine),
                LimitRule(name="hour", limit=10_000, period_s=3_600, burst=1_000, **mine),
                LimitRule(name="jobs", kind="concurrency", limit=60, **mine),
                LimitRule(name="month", kind="window", window="month", dimension="units", limit=9_000_000, **mine),
                LimitRule(name="key-minute", key=issued[0], limit=30, **rate, effective=mine["effective"]),
            ]
        )
    return organization, issued


def _count(organization: "Organization", keys: "list[ApiKey]", *, now: datetime) -> None:
    from django.db import connection

    values: dict[str, Any] = {
        "organization": organization.pk,
        "keys": [key.pk for key in keys],
        "since": now - timedelta(minutes=MINUTES),
        "minutes": MINUTES,
        "all": ADMISSIONS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MINUTES, values)
        cursor.execute(_HOURS, values)
        cursor.execute(_WRITTEN, values)
        if (counted := cursor.fetchone()) != (ADMISSIONS, MINUTES):
            raise RuntimeError(f"{counted} admissions and minutes were written")


def main() -> None:
    # Nothing is pinned: the database may use a second core for a statement, as it may for a page.
    with stack.stores(replace(cpu.one_for_the_server(cpu.available()), stores=frozenset(cpu.available()))) as var:
        taken = milliseconds(var)
    print(f"what if, {MINUTES:,} minutes, {ADMISSIONS:,} admissions, {KEYS} keys, 6 limits: ms by round")
    print(figures.rounds(taken))
    print(figures.last_line(what_if_ms=figures.median(taken)))


if __name__ == "__main__":
    main()
