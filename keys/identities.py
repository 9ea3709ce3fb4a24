"""Who is this? A credential's owner with all that a decision needs, found by one statement and one comparison."""

import functools
import hmac
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from keys import asks, job_lengths, secrets
from keys.facts import (
    GatewayIdentity,
    Identity,
    KeyFacts,
    Network,
    OrganizationFacts,
    PilotFacts,
    Reserved,
    SecretFacts,
)
from keys.limits import calendar
from keys.limits.applying import Limit
from keys.secrets import Parsed

logger = logging.getLogger(__name__)

Found = TypeVar("Found")

# Where nobody has the id, the first secret's row is read instead, and refused by its digest: an unknown id costs what a
# wrong secret costs. Both are looked for in any case.
_CUSTOMER = """
WITH whose AS MATERIALIZED (
    SELECT (SELECT id FROM keys_keysecret WHERE public_id = %s) AS asked,
        (SELECT min(id) FROM keys_keysecret) AS nobodys
)
SELECT s.digest, s.ring_id, s.public_id, s.state, s.overlap_until,
    s.activates_at, n.public_id, n.activates_at,
    k.id, k.uid, k.name, k.environment, k.api_versions, k.allowed_cidrs, k.not_before, k.expires_at, k.state,
    o.id, o.uid, o.status, p.code, o.version, v.api_versions, v.counter_store_down, t.starts_at, t.ends_at, t.state,
    (SELECT coalesce(json_agg(json_build_object(
        'id', r.id, 'name', r.name, 'dimension', r.dimension, 'api_version', r.api_version, 'limit', r.limit,
        'period_s', r.period_s, 'burst', r.burst, 'mode', r.mode, 'kind', r.kind, 'window', r."window",
        'overage', r.overage_allowance, 'bounds', CASE r."window"
            WHEN 'term' THEN json_build_array(coalesce(r.counts_since, lower(r.effective)),
                coalesce(upper(r.effective), timestamptz '2200-01-01 00:00Z'))
            ELSE ({windows}) END,
        'owner', CASE WHEN r.key_id IS NOT NULL THEN 'key' WHEN r.organization_id IS NOT NULL THEN 'organization'
            ELSE 'plan' END,
        'effective_from', lower(r.effective), 'effective_until', upper(r.effective)
    ) ORDER BY r.key_id NULLS FIRST, r.id), '[]')::text
    FROM keys_limitrule r
    WHERE (r.key_id = k.id OR r.organization_id = o.id OR r.plan_version_id = v.id)
        AND NOT isempty(r.effective) AND (upper_inf(r.effective) OR upper(r.effective) > now())),
    CASE WHEN EXISTS (SELECT FROM orgs_reservation WHERE organization_id = o.id AND state = 'active') THEN (
        WITH reserved AS (
            SELECT pool_id, units, days FROM orgs_reservation
            WHERE organization_id = o.id AND state = 'active' AND upper(days) > (now() AT TIME ZONE 'UTC')::date
        ), edges AS (
            SELECT pool_id, lower(days) AS first FROM reserved UNION SELECT pool_id, upper(days) FROM reserved
        ), spans AS (
            SELECT pool_id, first, lead(first) OVER (PARTITION BY pool_id ORDER BY first) AS until FROM edges
        )
        SELECT coalesce(json_agg(json_build_object(
            'pool', p.id, 'code', p.code, 'api_version', p.api_version, 'jobs', t.units * p.jobs_per_unit,
            'shares', t.shares, 'since', t.first::timestamp AT TIME ZONE 'UTC',
            'until', t.until::timestamp AT TIME ZONE 'UTC'
        ) ORDER BY p.id, t.first), '[]')::text
        FROM (
            SELECT s.pool_id, s.first, s.until, sum(r.units) AS units, bool_or(r.overflow = 'shared') AS shares
            FROM spans s JOIN orgs_reservation r ON r.pool_id = s.pool_id AND r.organization_id = o.id
                AND r.state = 'active' AND r.days @> s.first
            WHERE s.until IS NOT NULL GROUP BY s.pool_id, s.first, s.until
        ) t JOIN orgs_capacitypool p ON p.id = t.pool_id
    ) ELSE '[]' END,
    (SELECT coalesce(json_object_agg(l.api_version, l.p99_ms)::text, '{}')
        FROM keys_joblength l WHERE l.organization_id = o.id)
FROM keys_keysecret s
JOIN keys_apikey k ON k.id = s.key_id
JOIN orgs_organization o ON o.id = k.organization_id
JOIN orgs_planversion v ON v.id = o.plan_version_id
JOIN orgs_plan p ON p.id = v.plan_id
LEFT JOIN keys_pilot t ON t.organization_id = o.id
LEFT JOIN LATERAL (
    SELECT public_id, activates_at FROM keys_keysecret
    WHERE key_id = k.id AND state IN ('active', 'pending') AND id <> s.id AND s.state <> 'pending'
    ORDER BY state LIMIT 1
) n ON true
WHERE s.id = (SELECT coalesce(asked, nobodys) FROM whose)
""".replace("{windows}", calendar.STATEMENT.format(window='r."window"', zone="o.time_zone", now="now()"))
_GATEWAY = """
WITH whose AS MATERIALIZED (
    SELECT (SELECT id FROM keys_gatewaysecret WHERE public_id = %s) AS asked,
        (SELECT min(id) FROM keys_gatewaysecret) AS nobodys
)
SELECT s.digest, s.ring_id, s.public_id, s.state, s.overlap_until,
    c.id, c.uid, c.name, c.environment, c.scopes, c.allowed_cidrs, c.expires_at, c.revoked_at
FROM keys_gatewaysecret s JOIN keys_gatewaycredential c ON c.id = s.credential_id
WHERE s.id = (SELECT coalesce(asked, nobodys) FROM whose)
"""


def find(credential: Parsed) -> Identity | None:
    """Return whose credential this is; None where nobody has it, or the secret is another one."""
    return _find(_CUSTOMER, credential, _identity)


def find_gateway(credential: Parsed) -> GatewayIdentity | None:
    """Return which gateway's credential this is; None where none has it, or the secret is another one."""
    return _find(_GATEWAY, credential, _gateway)


def _find(statement: str, credential: Parsed, build: Callable[[Sequence[Any]], Found]) -> Found | None:
    row = _row(statement, credential.public_id)
    sealed, ring_id, public_id = (bytes(row[0]), row[1], row[2]) if row else _nobodys()
    matches = hmac.compare_digest(_unsealed(sealed, ring_id, public_id), credential.digest)
    return build(row[2:]) if row and matches else None


def _row(statement: str, public_id: str) -> Sequence[Any] | None:
    """Ask by one statement; on a connection that has died meanwhile once more, instead of asking first if it lives."""
    database: Any = connection
    checked, database.health_check_done = database.health_check_done, True
    try:
        return _asked(statement, public_id)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return _asked(statement, public_id)
    finally:
        database.health_check_done = checked


def _asked(statement: str, public_id: str) -> Sequence[Any] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [public_id])
        row: Sequence[Any] | None = cursor.fetchone()
    return row


def _unsealed(sealed: bytes, ring_id: int, public_id: str) -> bytes:
    try:
        return secrets.unseal(sealed, ring_id=ring_id, public_id=public_id, ring=settings.FIELD_KEYS)
    except secrets.UnsealError:
        logger.exception("a sealed digest does not open; its credential is refused")
        return b""


@functools.cache
def _nobodys() -> tuple[bytes, int, str]:
    """A digest that no credential has, sealed like everybody's."""
    made = secrets.make_credential("live")
    ring_id, sealed = secrets.seal(b"\0" * len(made.digest), public_id=made.public_id, ring=settings.FIELD_KEYS)
    return sealed, ring_id, made.public_id


def _identity(row: Sequence[Any]) -> Identity:
    of_key, of_organization = [*row[6:15]], [*row[15:22]]
    of_key[4:6] = tuple(of_key[4]), _networks(of_key[5])
    of_organization[5] = tuple(of_organization[5])
    starts_at, ends_at, pilot_state, rules, reserved, lengths = row[22:]
    return Identity(
        secret=SecretFacts(*row[:6]),
        key=KeyFacts(*of_key),
        organization=OrganizationFacts(*of_organization),
        pilot=PilotFacts(starts_at, ends_at, pilot_state) if starts_at else None,
        limits=_limits_of_test(rules) if row[9] == "test" else _limits(rules, reserved),
        job_ms=_job_ms(lengths),
    )


def _gateway(row: Sequence[Any]) -> GatewayIdentity:
    id, uid, name, environment, scopes, allowed, expires_at, revoked_at = row[3:]
    secret = SecretFacts(*row[:3])
    networks = _networks(allowed)
    return GatewayIdentity(secret, id, uid, name, environment, frozenset(scopes), networks, expires_at, revoked_at)


def _networks(texts: Sequence[str]) -> tuple[Network, ...]:
    return tuple(map(_network, texts))


# Lists are parsed with each call: of the same few hundred texts, and the same text is always the same network.
_network = functools.lru_cache(maxsize=4_096)(asks.network)


# Most keys of an organization have the same ones, and what is worked out from them then serves all.
@functools.lru_cache(maxsize=4_096)
def _limits(rules: str, reserved: str) -> tuple[Limit, ...]:
    return (*_rules(rules), *(one.limit for one in _reserved(reserved)))


@functools.lru_cache(maxsize=4_096)
def _job_ms(lengths: str) -> Mapping[str, int]:
    return {version: job_lengths.lease_ms(p99) for version, p99 in msgspec.json.decode(lengths).items()}


@functools.lru_cache(maxsize=4_096)
def _limits_of_test(rules: str) -> tuple[Limit, ...]:
    """What is tried out is never billed, so that no quota counts it; and it takes nobody's room."""
    return tuple(one for one in _rules(rules) if one.kind != "window" or one.dimension == "requests")


_rules = msgspec.json.Decoder(tuple[Limit, ...]).decode
_reserved = msgspec.json.Decoder(tuple[Reserved, ...]).decode
