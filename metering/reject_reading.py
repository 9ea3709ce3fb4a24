"""What was not counted, beside what was: which fields differ from the first write, and what was sent."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from keys.models import ApiKey, KeySecret
from metering import entries, results
from metering.models import Generation, IdempotencyClaim, RejectedGeneration
from orgs.models import Staff
from orgs.policy import Permission

# As the contract names them, and where the ledger holds each.
_COMPARED = ("organization", "key", "api_version", "outcome", "units", "occurred_at")


@dataclass(frozen=True)
class Beside:
    """The generation that stands in the way, where the person may see it; `lines` are name, first, sent and a note."""

    first: Generation | None
    lines: list[tuple[str, str, str, str]]
    is_hidden: bool = False


def raw(reject: RejectedGeneration) -> str:
    """The body as it came, indented."""
    return json.dumps(json.loads(reject.raw), indent=2, ensure_ascii=False)


def beside(reject: RejectedGeneration, person: Staff) -> Beside:
    """Hold a conflict or a replay against the first write."""
    sent = json.loads(reject.raw)
    pk = _first_id(reject, sent)
    if pk is None:
        return Beside(None, [])
    rows = Generation.objects.filter(pk=pk).select_related("organization", "key", "period")
    found = rows.for_user(person, Permission.USAGE_SEE).first()
    if found is None:
        return Beside(None, [], is_hidden=rows.exists())
    return Beside(found, _lines(found, sent, set(reject.fields)))


def _first_id(reject: RejectedGeneration, sent: Any) -> UUID | None:
    if reject.status == RejectedGeneration.Status.REPLAY:
        return _holder(reject, sent)
    if reject.status != RejectedGeneration.Status.CONFLICT:
        return None
    try:
        return UUID(reject.generation_id)
    except ValueError:
        return None


def _holder(reject: RejectedGeneration, sent: Any) -> UUID | None:
    """The generation that used the idempotency key first, while that is remembered."""
    key = str(sent.get("idempotency_key") or "")
    texts = [entries.claim(environment=one, idempotency_key=key) for one in ApiKey.Environment.values]
    hashes = [bytes.fromhex(text.removeprefix("\\x")) for text in texts]
    held = IdempotencyClaim.objects.filter(organization=reject.organization_id, key_hash__in=hashes).first()
    return held.generation_id if held else None


def _lines(found: Generation, sent: dict[str, Any], differing: set[str]) -> list[tuple[str, str, str, str]]:
    first = {
        "organization": found.organization.uid,
        "key": _called(found.key),
        "api_version": found.api_version,
        "outcome": found.outcome,
        "units": str(found.units),
        "occurred_at": results.rfc3339(found.occurred_at),
    }
    second = {**{name: str(sent.get(name, "")) for name in _COMPARED}, "key": _sent_key(found, sent)}
    return [(name, first[name], second[name], "differs" if name in differing else "") for name in _COMPARED]


def _sent_key(found: Generation, sent: dict[str, Any]) -> str:
    """Call the key of a report as that of the first write; by its public id where it is another customer's."""
    named = str(sent.get("key", ""))
    rows = KeySecret.objects.filter(public_id=named, key__organization=found.organization_id).select_related("key")
    secret = rows.first()
    return _called(secret.key) if secret else named


def _called(key: ApiKey) -> str:
    return f"{key.name}, {key.uid}"
