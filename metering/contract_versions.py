"""The versions of an organization's contract: from when until when, who opened each, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit import reading, search
from audit.scope import Scope
from audit.search import Question
from audit.verbs import Verb
from metering.models import BillingPeriod, Contract
from metering.term_words import LABELS
from orgs.models import Organization

OPENING = [Verb.CONTRACT_OPENED.value, Verb.CONTRACT_CHANGED.value]
VERBS = [*OPENING, Verb.CONTRACT_CORRECTED.value, Verb.CONTRACT_WITHDRAWN.value]
FEED, LOOKED_AT, AHEAD = 6, 200, 4


@dataclass(frozen=True)
class Version:
    """One version: its state now, what it changed, and who opened it when, why and under which ticket."""

    contract: Contract
    state: str
    tone: str
    changed: str
    at: datetime | None = None
    who: str = ""
    why: str = ""
    ticket: str = ""

    @property
    def until(self) -> datetime | None:
        end: datetime | None = self.contract.effective.upper
        return end


def events(organization: Organization, scope: Scope) -> list[Any]:
    """Return what was done to an organization's contracts, newest first."""
    question = Question(verbs=VERBS, outcome="success", organizations=[organization.uid])
    return search.newest(question, scope, size=LOOKED_AT)


def feed(found: Sequence[Any]) -> list[dict[str, str]]:
    """Return the latest of them as items of a feed."""
    return [reading.Reading(event).item for event in found[:FEED]]


def of(organization: Organization, found: Sequence[Any], *, now: datetime) -> list[Version]:
    """Return all versions, the latest first."""
    opened = {event.target_id: event for event in found if event.verb in OPENING}
    contracts = organization.contracts.select_related("organization").order_by("-effective")
    return [_version(contract, opened.get(contract.target.id), now) for contract in contracts]


def next_periods(organization: Organization, *, now: datetime) -> list[BillingPeriod]:
    """Return the present billing period and those that are open ahead."""
    rows = organization.billing_periods.filter(span__endswith__gt=now).select_related("contract")
    return list(rows.order_by("span")[:AHEAD])


def _version(contract: Contract, event: Any, now: datetime) -> Version:
    state, tone = _state(contract, now)
    if event is None:
        return Version(contract, state, tone, "")
    changed = ", ".join(LABELS[name] for name in event.changes if name in LABELS)
    is_first = event.verb == Verb.CONTRACT_OPENED.value
    said = "" if is_first else changed or "nothing"
    return Version(contract, state, tone, said, event.occurred_at, event.actor_label, event.reason, event.ticket)


def _state(contract: Contract, now: datetime) -> tuple[str, str]:
    if contract.withdrawn_at is not None:
        return "Withdrawn", ""
    if contract.effective.lower > now:
        return "Begins later", "info"
    if contract.effective.upper is not None and contract.effective.upper <= now:
        return "Ended", ""
    return "In effect", "ok"
