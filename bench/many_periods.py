"""Very many organizations whose last billing period is to be closed, with what was counted into it, written by SQL.

Written as the tables' owner, without triggers: all are copies of one that the actions of staff have made.
"""

from datetime import timedelta

import psycopg
from django.utils import timezone

from audit import trail
from keys import actions as keys
from keys.models import ApiKey
from metering import checks
from orgs import actions, plans
from orgs.models import Contact

# Ids of the copies are far above those that the sequences have given.
FIRST = 1_000_000
SOURCE = "gw-bench"
_GUARDED = (
    "orgs_organization", "orgs_contact", "keys_apikey", "metering_contract", "metering_contractprice",
    "metering_billingperiod",
)  # fmt: skip
# Last month, in UTC, whose review window is over.
_PATTERN = """
UPDATE metering_contract SET included_generations = 100, minimum_amount = 10,
    effective = tstzrange(date_trunc('month', now(), 'UTC') - interval '1 month', NULL, '[)');
INSERT INTO metering_contractprice (contract_id, position, api_version, resolutions, name, model, tiers)
SELECT id, 0, 'v2', '{2K}'::varchar[], 'v2 generations, up to 2K', 'flat', '[{"up_to": null, "price": "0.0140"}]'::jsonb
FROM metering_contract
UNION ALL SELECT id, 1, 'v2', '{}', 'v2 generations, others', 'flat', '[{"up_to": null, "price": "0.0380"}]'::jsonb
FROM metering_contract
UNION ALL SELECT id, 2, 'v1', '{}', 'v1 generations', 'graduated',
    '[{"up_to": 500, "price": "0.0110"}, {"up_to": null, "price": "0.0090"}]'::jsonb FROM metering_contract;
INSERT INTO metering_billingperiod (organization_id, contract_id, span, state, label, review_until, held_by,
    hold_reason, override_by, override_reason)
SELECT organization_id, id, tstzrange(lower(effective), lower(effective) + interval '1 month', '[)'), 'review',
    to_char(lower(effective) AT TIME ZONE 'UTC', 'YYYY-MM'), now() - interval '1 hour', '', '', '', ''
FROM metering_contract;
"""
# Each table with what a copy has of its own; a copy's rows have the ids of their pattern's, so many further on.
_OWN = {
    "orgs_organization": "'id', {n}, 'uid', 'org_' || lpad(n::text, 14, '0'), 'slug', 'studio-' || n,"
    " 'name', 'Studio ' || n",
    "orgs_contact": "'id', {n}, 'organization_id', {n}, 'email', 'billing@studio-' || n || '.example'",
    "keys_apikey": "'id', {n}, 'organization_id', {n}, 'uid', 'key_' || lpad(n::text, 14, '0')",
    "metering_contract": "'id', {n}, 'organization_id', {n}",
    "metering_contractprice": "'id', {n} * 10 + pattern.position, 'contract_id', {n}",
    "metering_billingperiod": "'id', {n} * 10 + (pattern.state = 'open')::int"
    " + (pattern.state = 'open' AND lower(pattern.span) > now())::int, 'organization_id', {n}, 'contract_id', {n}",
}
_COPY = """
INSERT INTO {table} SELECT made.* FROM {table} AS pattern, generate_series(1, %(count)s) AS n,
    LATERAL jsonb_populate_record(pattern::{table}, jsonb_build_object({own})) AS made
WHERE pattern.id < %(first)s
"""
_COLUMNS = (
    "organization_id, period_id, key_id, environment, api_version, outcome, resolution, aspect_ratio, service_tier,"
    " failure_cause, generations, units"
)
# In every hour of the period something of each version.
_COUNTED = """
INSERT INTO metering_usage{grain} ({grain}, {columns})
SELECT at, period.organization_id, period.id, period.organization_id, 'live', made.version, 'succeeded',
    made.resolution, '1:1', 'shared', '', %(each)s * {hours}, %(each)s * {hours}
FROM metering_billingperiod AS period,
    generate_series(lower(period.span), upper(period.span) - interval '1 {grain}', interval '1 {grain}') AS at,
    (VALUES ('v1', ''), ('v2', '2K')) AS made (version, resolution)
WHERE period.state = 'review' AND period.organization_id >= %(first)s
"""
_TOLD = """
INSERT INTO metering_controltotal (source, hour, organization_id, api_version, succeeded, gateway, received_at)
SELECT %(source)s, hour, organization_id, api_version, generations, 'gwc_bench', now() FROM metering_usagehour;
"""
_DONE = """
INSERT INTO metering_periodsource (period_id, source)
SELECT id, %(source)s FROM metering_billingperiod WHERE state = 'review';
"""
_THROUGH = """
INSERT INTO metering_sourcecompletion (source, complete_through, gateway, seen_at)
VALUES (%(source)s, now(), 'gwc_bench', now())
"""


def make_pattern() -> None:
    """Make the organization that all others are copies of: with a key, a contract, and somebody who gets statements."""
    organization = actions.create_organization(
        actor=trail.SYSTEM, name="Pattern", plan_version=plans.latest("enterprise"), slug="pattern"
    )
    organization = actions.activate_organization(organization=organization, actor=trail.SYSTEM)
    actions.add_contact(
        organization=organization, actor=trail.SYSTEM, kind=Contact.Kind.BILLING, email="billing@pattern.example"
    )
    keys.issue_key(
        organization=organization,
        actor=trail.SYSTEM,
        name="pattern",
        environment=ApiKey.Environment.LIVE,
        api_versions=["v1", "v2"],
        expires_at=timezone.now() + timedelta(days=300),
    )


def write(login: str, *, organizations: int, generations: int) -> None:
    """Copy the pattern so many times; `generations` is how many each hour of each API version has."""
    told = {"count": organizations, "first": FIRST, "each": generations, "source": SOURCE}
    with psycopg.connect(login) as connection:
        for table in _GUARDED:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute(_PATTERN)
        for table, own in _OWN.items():
            connection.execute(_COPY.format(table=table, own=own.format(n="(%(first)s + n)")), told)
        for grain, hours in (("hour", 1), ("day", 24)):
            connection.execute(_COUNTED.format(grain=grain, hours=hours, columns=_COLUMNS), told)
        for statement in (_TOLD, _DONE, _THROUGH):
            connection.execute(statement, told)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in _GUARDED:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with psycopg.connect(login, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")


def multiply(login: str, by: int) -> None:
    """Have every hour and every day hold so many times the generations, and the gateways say the same."""
    with psycopg.connect(login) as connection:
        for table in ("metering_usagehour", "metering_usageday"):
            connection.execute(f"UPDATE {table} SET generations = generations * %s, units = units * %s", [by, by])
        connection.execute("UPDATE metering_controltotal SET succeeded = succeeded * %s", [by])
    with psycopg.connect(login, autocommit=True) as connection:
        connection.execute("VACUUM FULL metering_usagehour, metering_usageday, metering_controltotal")
        connection.execute("VACUUM (ANALYZE)")


def look(login: str) -> None:
    """Have the sweep over periods in review look at all of them, as if it had last done so an hour ago."""
    now = timezone.now()
    with psycopg.connect(login) as connection:
        connection.execute("UPDATE metering_periodcheck SET checked_at = checked_at - interval '2 hours'")
    while checks.refresh(now=now):
        pass
    with psycopg.connect(login, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) metering_periodcheck")
