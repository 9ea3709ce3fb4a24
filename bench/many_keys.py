"""Very many keys, written by COPY: what the actions of staff would take hours for.

Written as the tables' owner, without the guard's triggers, since nobody is to be asked later who issued them.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from bench.customers import BURST, ENOUGH, MINUTE
from bench.payload import Customer
from keys import actions as keys
from keys import secrets
from keys.models import ApiKey, LimitRule
from orgs import actions, identifiers, plans
from orgs.models import Organization

DAY = 86_400
PUBLIC_IDS = 62**12
# Steps of this size visit every number once, in an order that looks like none.
STEP = 2_862_933_555_777_941_757 % PUBLIC_IDS

_GUARDED = ("keys_apikey", "keys_keysecret")
# Every column as in a key that staff have issued, but for its own.
_KEYS = """
INSERT INTO keys_apikey SELECT made.* FROM (SELECT * FROM keys_apikey WHERE id = %(like)s) pattern,
    generate_series(%(first)s::bigint, %(last)s::bigint) n,
    LATERAL jsonb_populate_record(pattern::keys_apikey, jsonb_build_object(
        'id', n, 'uid', 'key_' || lpad(n::text, 14, '0'), 'name', 'key ' || n,
        'organization_id', (%(organizations)s::bigint[])[1 + n %% %(count)s])) made
"""
_SECRETS = """
COPY keys_keysecret (key_id, public_id, last_four, imported_prefix, digest, ring_id, state, created_at) FROM STDIN
"""


def sign_up(count: int) -> tuple[list[Organization], ApiKey]:
    """Make active organizations whose every call meets three limits, and one key as the pattern for all others."""
    made = []
    for number in range(count):
        with transaction.atomic():
            made.append(_organization(number))
    pattern, _ = keys.issue_key(
        organization=made[0],
        actor=trail.SYSTEM,
        name="pattern",
        environment=ApiKey.Environment.LIVE,
        api_versions=["v1", "v2"],
        expires_at=timezone.now() + timedelta(days=300),
    )
    return made, pattern


def _organization(number: int) -> Organization:
    organization = actions.create_organization(
        actor=trail.SYSTEM,
        name=f"Studio {number}",
        plan_version=plans.latest("enterprise"),
        slug=f"studio-{number}",
    )
    organization = actions.activate_organization(organization=organization, actor=trail.SYSTEM)
    trail.record(Verb.LIMIT_SET, actor=trail.SYSTEM, reason="measuring", target=organization.target)
    effective = DateTimeTZRange(timezone.now(), None, "[)")
    common = {"organization": organization, "limit": ENOUGH, "burst": BURST, "effective": effective}
    rates = [("v2-minute", "v2", MINUTE), ("hour", None, 60 * MINUTE), ("day", None, DAY)]
    LimitRule.objects.bulk_create(
        [LimitRule(name=name, api_version=version, period_s=period, **common) for name, version, period in rates]
    )
    return organization


def write(
    login: str, *, first: int, count: int, like: ApiKey, organizations: Sequence[Organization], every: int
) -> list[Customer]:
    """Write keys with the ids from `first` on; returns every so-many-th as a customer, whose credential is real."""
    customers: list[Customer] = []
    pks = [organization.pk for organization in organizations]
    told = {"like": like.pk, "first": first, "last": first + count - 1, "organizations": pks, "count": len(pks)}
    with psycopg.connect(login) as connection:
        for table in _GUARDED:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute(_KEYS, told)
        with connection.cursor().copy(_SECRETS) as stream:
            for row in _secrets(first, count, organizations, every, customers):
                stream.write_row(row)
        # What is still to be checked has to be checked before the tables may be altered again.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in _GUARDED:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with psycopg.connect(login, autocommit=True) as connection:
        for table in _GUARDED:
            connection.execute(f"VACUUM (ANALYZE) {table}")
    return customers


def _secrets(
    first: int, count: int, organizations: Sequence[Organization], every: int, customers: list[Customer]
) -> Iterator[tuple[Any, ...]]:
    now, ring = timezone.now(), settings.FIELD_KEYS
    for number in range(first, first + count):
        public_id = identifiers.encode(number * STEP % PUBLIC_IDS, 12)
        if number % every == 0:
            body = f"axk_live_{public_id}_{identifiers.random_base62(secrets.SECRET_LENGTH)}"
            text = body + secrets.checksum(body)
            customers.append(Customer(organizations[number % len(organizations)].uid, public_id, text))
            digest = secrets.digest(text)
        else:
            digest = hashlib.sha256(public_id.encode()).digest()
        ring_id, sealed = secrets.seal(digest, public_id=public_id, ring=ring)
        yield number, public_id, "0000", "", sealed, ring_id, "active", now
