"""Calls: refused ones by any of their ids, generations by theirs, and the keys that were used from an address."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Max, Q, Sum

from audit import plurals
from axis_admin.lookup.finds import Act, Asked, Find, address_of
from keys import mentions
from keys.models import ApiKey, Refusal, SecretHour, SecretUse
from metering import passed
from metering.models import Generation
from orgs import policy
from orgs.policy import Permission

MOST_SHOWN = 20
# So far back an address is looked for.
KNOWN = timedelta(days=30)
_TIME_ORDERED = 7


def find_refusals(asked: Asked) -> Sequence[Find]:
    """Refused calls of the last days, by request id, idempotency key or decision id."""
    ids = list(dict.fromkeys([*asked.mentions.words, *asked.mentions.uuids]))
    if not ids:
        return []
    named = Q(decision_id__in=ids) | Q(request_id__in=ids) | Q(idempotency_key__in=ids)
    rows = Refusal.objects.for_user(asked.request.user, Permission.KEY_SEE).filter(named)
    return [_refusal(one) for one in rows.select_related("organization", "key")[:MOST_SHOWN]]


def find_generations(asked: Asked) -> Sequence[Find]:
    """Generations, whose ids the customer sees as generationId."""
    ids = [one for one in map(UUID, asked.mentions.uuids) if one.version == _TIME_ORDERED]
    if not ids:
        return []
    mine = policy.scope(asked.request.user, Permission.USAGE_SEE).as_q("organization__")
    rows = Generation.objects.filter(mine, generation_id__in=ids).select_related("organization", "key")
    return [_generation(one) for one in rows[:MOST_SHOWN]]


def find_passed(asked: Asked) -> Sequence[Find]:
    """Calls of the last two days that passed, by request id or idempotency key; says how far it looked."""
    words = [word for word in asked.mentions.words if word not in asked.mentions.addresses]
    ids = mentions.ids_of_calls(dict.fromkeys([*words, *asked.mentions.uuids]))
    if not ids or not asked.request.staff.can(Permission.USAGE_SEE):
        return []
    scope = policy.scope(asked.request.user, Permission.USAGE_SEE)
    looked = passed.named(ids, scope=scope, at=asked.at, most=MOST_SHOWN)
    asked.searched.append(_searched(looked))
    return [_generation(one) for one in looked.generations]


def _searched(looked: passed.Looked) -> str:
    hours = looked.back // timedelta(hours=1)
    if not hours:
        return "Calls that passed were not searched: too many in the last hour. Ask for the generation id."
    told = f"Calls that passed were searched in the last {plurals.counted(hours, 'hour')} of generations"
    if looked.is_whole:
        return f"{told}."
    if len(looked.generations) >= MOST_SHOWN:
        return f"{told}, as far as {MOST_SHOWN} were found."
    return f"{told}; further back are too many. Ask for the generation id."


def find_addresses(asked: Asked) -> Sequence[Find]:
    """Which keys were used from an address in the last 30 days."""
    addresses = asked.mentions.addresses
    if not addresses:
        return []
    mine = ApiKey.objects.for_user(asked.request.user, Permission.KEY_SEE)
    hours = SecretHour.objects.filter(address__in=addresses, hour__gte=asked.at - KNOWN, secret__key__in=mine)
    counted_by = hours.values("address", "secret__key").annotate(
        admitted=Sum("admitted"), refused=Sum("refused"), last_at=Max("hour")
    )
    rows = list(counted_by.order_by("-last_at")[:MOST_SHOWN])
    found: dict[tuple[str, int], tuple[int, int, datetime]] = {
        (str(row["address"]), row["secret__key"]): (row["admitted"], row["refused"], row["last_at"]) for row in rows
    }
    uses = SecretUse.objects.filter(address__in=addresses, secret__key__in=mine).select_related("secret")
    for use in uses.order_by("-last_used_at")[:MOST_SHOWN]:
        found.setdefault((str(use.address), use.secret.key_id), (0, 0, use.last_used_at))
    return _addresses(found)


def _addresses(found: dict[tuple[str, int], tuple[int, int, datetime]]) -> list[Find]:
    keys = _keys(key for _, key in found)
    return [_address(address, keys[key], *seen) for (address, key), seen in list(found.items())[:MOST_SHOWN]]


def _keys(ids: Iterable[int]) -> dict[int, ApiKey]:
    return ApiKey.objects.select_related("organization").in_bulk(set(ids))


def _address(address: str, key: ApiKey, admitted: int, refused: int, last_at: datetime) -> Find:
    """Calls are counted by whole hours; the very last use alone is known to the second."""
    href = address_of("keys:detail", key.uid)
    did = "was refused with" if refused and not admitted else "used"
    told = f"last used {_clock(last_at)}"
    if admitted or refused:
        calls = f"{plurals.counted(admitted, 'call')} admitted and {refused:,} refused in 30 days"
        told = f"{calls}, last in the hour from {last_at.astimezone(UTC):%-d %b %Y, %H:%M} UTC"
    return Find(
        "signal", f"{address} {did} key {key}", f"{key.organization}, {told}", href, acts=[Act("Open key", href)]
    )


def _refusal(refusal: Refusal) -> Find:
    href = address_of("keys:refusal", refusal.decision_id)
    whose = ", ".join(str(one) for one in (refusal.organization, refusal.key) if one)
    note = f"{whose}. {_clock(refusal.at)}, {refusal.api_version}{_from(refusal.address)}"
    acts = [Act("Why was this refused?", href)] if href else []
    return Find("no-symbol", f"Refused with {refusal.code}", note, href, "warn", acts)


def _from(address: str | None) -> str:
    return f", from {address}" if address else ""


def _generation(one: Generation) -> Find:
    href = address_of("metering:for_org", one.organization.uid)
    how = one.get_outcome_display() if not one.failure_cause else f"Failed, {one.get_failure_cause_display().lower()}"
    facts = [how, one.api_version, plurals.counted(one.units, "unit"), one.resolution, _clock(one.occurred_at)]
    note = f"{one.organization}, key {one.key}. {', '.join(filter(None, facts))}"
    key_href = address_of("keys:detail", one.key.uid)
    acts = [Act("Usage", href), Act("Open key", key_href)]
    return Find("photo", f"Generation {one.generation_id}", note, href, acts=acts)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M:%S} UTC"
