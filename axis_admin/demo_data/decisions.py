"""What was decided about the studios' calls: admitted as often as the ledger says, and refused for a reason."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from axis_admin.demo_data import bursts
from axis_admin.demo_data.bursts import Burst
from axis_admin.demo_data.credentials import Held
from axis_admin.demo_data.traffic import SEED
from keys import asks, evidence, retention
from keys.asks import Ask
from keys.decisions import Decision
from keys.facts import Identity, KeyFacts, OrganizationFacts, SecretFacts
from keys.limits.applying import Limit
from keys.limits.limiter import Standing
from keys.models import ApiKey, DecisionHour, LimitRule, Refusal
from keys.verdicts import Code

COUNTED_DAYS, CALLERS_DAYS = 30, 8
# Local enough: these hours are busy nearly everywhere that the studios are.
BUSY_HOURS, NIGHT_HOUR, WORKING_DAYS = (9, 10, 11, 15, 16, 17), 2, range(5)
MISTAKEN = 0.01
# Their calls have numbers of their own.
FROM_BURSTS = 100_000
FORGOTTEN = {"expired": Code.EXPIRED, "revoked": Code.REVOKED}
ELSEWHERE = "192.0.2.77"
HOUR = timedelta(hours=1)

_ADMITTED = """
INSERT INTO keys_decisionhour (organization_id, key_id, hour, api_version, code, limit_name, calls, units)
SELECT organization_id, key_id, hour, api_version, 'VALID', '', sum(generations), sum(units)
FROM metering_usagehour WHERE hour >= %s GROUP BY organization_id, key_id, hour, api_version
"""
# Every call comes from the key's usual caller.
_CALLERS = """
INSERT INTO keys_secrethour (secret_id, hour, api_version, address, user_agent, admitted, refused)
SELECT usual.secret_id, u.hour, u.api_version, usual.address::inet, usual.agent, sum(u.generations), 0
FROM metering_usagehour u
JOIN unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS usual(key_id, secret_id, address, agent)
    USING (key_id)
WHERE u.hour >= %s GROUP BY usual.secret_id, u.hour, u.api_version, usual.address, usual.agent
"""


class Call(NamedTuple):
    """A call that was refused."""

    held: Held
    at: datetime
    code: Code
    number: int
    # The limit that refused it.
    rule: LimitRule | None = None


def note(held: Sequence[Held], *, now: datetime) -> list[Burst]:
    """Count verdicts and callers of the last weeks, and keep the refusals of the last days with their checks.

    Returns the minutes in which a limit refused.
    """
    usual = [(one.key.pk, one.first_secret.pk, one.sketch.address, one.sketch.agent) for one in held]
    with connection.cursor() as cursor:
        cursor.execute(_ADMITTED, [now - timedelta(days=COUNTED_DAYS)])
        cursor.execute(_CALLERS, [*map(list, zip(*usual, strict=True)), now - timedelta(days=CALLERS_DAYS)])
    fast = bursts.of(held, since=now - timedelta(days=COUNTED_DAYS), until=now)
    calls = [call for one in held for call in _refused(one, now=now)] + list(_too_fast(fast))
    DecisionHour.objects.bulk_create(_counted(calls), batch_size=5_000)
    kept = [call for call in calls if call.at > now - retention.REFUSALS]
    # As they are stored: what was done to a key since it was issued is not in the sketch's copy.
    keys = ApiKey.objects.select_related("organization__plan_version__plan").in_bulk(
        {call.held.key.pk for call in kept}
    )
    identities = {one.key.pk: _identity(keys[one.key.pk], one) for one in {call.held for call in kept}}
    Refusal.objects.bulk_create([_kept(call, identities[call.held.key.pk]) for call in kept])
    return fast


def _refused(held: Held, *, now: datetime) -> Iterator[Call]:
    chance = Random(f"{SEED}/refused/{held.studio.slug}/{held.sketch.name}")  # noqa: S311 (invented, the same each time)
    hour = (now - timedelta(days=COUNTED_DAYS)).replace(minute=0, second=0, microsecond=0)
    number = 0
    while hour < now - HOUR:
        for code in _codes(held, hour, chance, now=now):
            yield Call(held, hour + timedelta(seconds=chance.randrange(3_600), milliseconds=number), code, number)
            number += 1
        hour += HOUR


def _too_fast(fast: Sequence[Burst]) -> Iterator[Call]:
    number = FROM_BURSTS
    for burst in fast:
        for _ in range(burst.refused):
            at = burst.minute + timedelta(seconds=number * 7 % 60, milliseconds=number % 1_000)
            yield Call(burst.held, at, Code.RATE_LIMITED, number, burst.rule)
            number += 1


def _codes(held: Held, hour: datetime, chance: Random, *, now: datetime) -> list[Code]:
    """What is refused in an hour: now and then a mistake, a forgotten script at night, whoever still tries."""
    sketch, studio, ago = held.sketch, held.studio, now - hour
    is_busy = hour.hour in BUSY_HOURS and hour.weekday() in WORKING_DAYS
    if studio.status == "suspended":
        return [Code.ORG_SUSPENDED] * chance.randrange(3) if is_busy and ago.days < studio.status_days else []
    if sketch.fate == "paused":
        return [Code.PAUSED] * chance.randrange(3) if is_busy and ago < timedelta(days=sketch.until) else []
    if sketch.fate in FORGOTTEN:
        return [FORGOTTEN[sketch.fate]] if hour.hour == NIGHT_HOUR else []
    if not is_busy or not sketch.generates or sketch.until:
        return []
    return [Code.ORG_MISMATCH] if chance.random() < MISTAKEN else []


def _counted(calls: Sequence[Call]) -> list[DecisionHour]:
    counted = Counter(
        (
            call.held.key,
            call.at.replace(minute=0, second=0, microsecond=0),
            call.code,
            call.rule.name if call.rule else "",
        )
        for call in calls
    )
    versions = {call.held.key.pk: call.held.sketch.versions[-1] for call in calls}
    return [
        DecisionHour(
            organization_id=key.organization_id,
            key=key,
            hour=hour,
            api_version=versions[key.pk],
            code=code,
            limit_name=limit_name,
            calls=number,
            units=number,
        )
        for (key, hour, code, limit_name), number in counted.items()
    ]


def _kept(call: Call, identity: Identity) -> Refusal:
    """Write a refusal as the gateway's own call would have."""
    key, sketch = call.held.key, call.held.sketch
    chance, version = Random(f"{key.uid}/{call.number}"), sketch.versions[-1]  # noqa: S311 (invented)
    standings = _standing(call.rule) if call.rule else []
    named = "org_staging" if call.code == Code.ORG_MISMATCH else key.organization.uid
    address = ELSEWHERE if call.code in FORGOTTEN.values() else sketch.address
    ask = Ask("", named, "v1" if version == "v1" else "v2", client_ip=address, user_agent=sketch.agent)
    decision = Decision(UUID(int=chance.getrandbits(128)).hex, call.at, [call.code], identity, standings)
    return Refusal(
        decision_id=decision.id,
        at=call.at,
        organization_id=key.organization_id,
        key=key,
        public_id=identity.secret.public_id,
        organization_named=named,
        code=call.code,
        reasons=[str(call.code)],
        api_version=version,
        address=address,
        user_agent=sketch.agent,
        request_id=f"req_{chance.getrandbits(60):015x}",
        idempotency_key=str(UUID(int=chance.getrandbits(128), version=4)),
        checks=evidence.of(decision, ask),
        limits=evidence.limits(decision, ask),
    )


def _standing(rule: LimitRule) -> list[Standing]:
    limit = Limit(
        rule.pk, rule.name, "organization", rule.dimension, rule.api_version, rule.limit,
        rule.period_s or 60, rule.burst or 1, rule.mode, None, None,
    )  # fmt: skip
    earned_us = (rule.period_s or 60) * 1_000_000 // rule.limit
    return [Standing(limit, True, 0, (rule.burst or 1) * earned_us, earned_us)]


def _identity(key: ApiKey, held: Held) -> Identity:
    secret = held.first_secret
    organization, plan = key.organization, key.organization.plan_version
    owner = (organization.pk, organization.uid, organization.status, plan.plan.code, organization.version)
    networks = tuple(map(asks.network, key.allowed_cidrs))
    versions, offered = tuple(key.api_versions), tuple(plan.api_versions)
    facts = (key.pk, key.uid, key.name, key.environment, versions, networks, key.not_before, key.expires_at, key.state)
    return Identity(
        secret=SecretFacts(secret.public_id, secret.state, secret.overlap_until),
        key=KeyFacts(*facts),
        organization=OrganizationFacts(*owner, offered, plan.counter_store_down),
        pilot=None,
        limits=(),
    )
