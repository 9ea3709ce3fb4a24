"""What becomes of what was not counted: it is sent to the ledger once more, or a person says that it may stay out."""

import json
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from audit.verbs import Verb
from metering import fences, ledger
from metering.models import RejectedGeneration
from metering.results import Result

Resolution = RejectedGeneration.Resolution
# What stands for the secret part of a credential.
MASK = "…"
# A duplicate without a code is what somebody counted meanwhile.
_COUNTED = ("accepted", "accepted_late", "duplicate")


@transaction.atomic
def retry_reject(
    *, reject: RejectedGeneration, actor: trail.Actor, now: datetime, reason: str = "", ticket: str = ""
) -> Result:
    """Send the stored body through the ledger as if the gateway had, and return what came of it.

    What is counted by it is settled with it, in one transaction; what is refused again stays. ValidationError where it
    is settled already, EntryRefused for a reason or a ticket that cannot be recorded: nothing is counted then.
    """
    # The ledger tells the counters of limits what it counts: what is undone after that, only the next sweep takes back.
    why = {"reason": trail.cleaned_reason(reason), "ticket": trail.cleaned_ticket(ticket)}
    # Before any row, as whoever closes a period does: the ledger, which shares it too, may open one in between.
    fences.share(filter(None, [reject.organization_id]))
    # Before it is counted: of two who send it at once, one counts it and settles it as what it was, and agreement
    # relies on that. What somebody dismisses meanwhile is not counted.
    locked = _lock(reject)
    _check_whole(locked)
    (result,) = ledger.append(items=[json.loads(locked.raw)], source=locked.source, gateway=locked.gateway, now=now)
    changes = {}
    if is_counted(result):
        changes = {"resolution": (locked.resolution, Resolution.RETRIED)}
        _settle(locked, Resolution.RETRIED, actor=actor, now=now, reason=said(result))
    told = {"result": said(result), "code": locked.code, "period": result["period"] or ""}
    detail: dict[str, str | int] = {name: value for name, value in told.items() if value}
    _record(Verb.REJECT_RETRIED, locked, actor=actor, changes=changes, detail=detail, **why)
    return result


@transaction.atomic
def dismiss_reject(
    *, reject: RejectedGeneration, actor: trail.Actor, now: datetime, reason: str, ticket: str = ""
) -> RejectedGeneration:
    """Let it stay uncounted. ValidationError where it is settled already."""
    locked = _lock(reject)
    changes = {"resolution": (locked.resolution, Resolution.DISMISSED)}
    _settle(locked, Resolution.DISMISSED, actor=actor, now=now, reason=trail.cleaned_reason(reason))
    detail: dict[str, str | int] = {"code": locked.code}
    _record(Verb.REJECT_DISMISSED, locked, actor=actor, changes=changes, detail=detail, reason=reason, ticket=ticket)
    return locked


def is_counted(result: Result) -> bool:
    """Whether the generation is in the ledger by now, as it was reported."""
    return result["status"] in _COUNTED and result["code"] in (None, "period_final")


def said(result: Result) -> str:
    """Say what came of it as the contract does: `rejected: unknown_key`."""
    return f"{result['status']}: {result['code']}" if result["code"] else result["status"]


def _lock(reject: RejectedGeneration) -> RejectedGeneration:
    rows = RejectedGeneration.objects.select_for_update(of=("self",)).select_related("organization")
    locked = rows.get(pk=reject.pk)
    _check_unsettled(locked)
    return locked


def _check_unsettled(reject: RejectedGeneration) -> None:
    if reject.resolution != Resolution.NONE:
        said = reject.get_resolution_display().lower()
        raise ValidationError(f"This is settled: {said}, by {reject.resolved_by}.")


def _check_whole(reject: RejectedGeneration) -> None:
    """A credential is never stored: without the whole idempotency key nobody can say what would be a replay of it."""
    sent = json.loads(reject.raw)
    if isinstance(sent, dict) and MASK in str(sent.get("idempotency_key") or ""):
        raise ValidationError(
            "Its idempotency key held a credential, which is not kept. The gateway has to send it again."
        )


def _settle(reject: RejectedGeneration, resolution: str, *, actor: trail.Actor, now: datetime, reason: str) -> None:
    reject.resolution, reject.resolved_at = resolution, now
    reject.resolved_by, reject.resolved_reason = trail.as_named(actor.label), reason
    reject.save(update_fields=["resolution", "resolved_at", "resolved_by", "resolved_reason"])


def _record(verb: Verb, reject: RejectedGeneration, *, actor: trail.Actor, **said: object) -> None:
    of = reject.organization.target if reject.organization else None
    trail.record(verb, actor=actor, target=reject.target, organization=of, **said)  # type: ignore[arg-type]
