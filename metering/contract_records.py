"""What the audit log says of contracts: each field that changed, before and after."""

from collections.abc import Sequence
from datetime import datetime

from audit import trail
from audit.verbs import Verb
from metering import rating, term_words
from metering.models import Contract


def are_same(before: rating.Terms, after: rating.Terms) -> bool:
    """Whether two terms say the same, whatever they are numbered."""
    return not term_words.changes(before, after)


def opened(contract: Contract, terms: rating.Terms, *, actor: trail.Actor, reason: str, ticket: str) -> None:
    """Record a contract that nothing was before."""
    _record(Verb.CONTRACT_OPENED, contract, None, terms, actor=actor, reason=reason, ticket=ticket)


def replaced(
    contract: Contract,
    present: Contract,
    before: rating.Terms,
    after: rating.Terms,
    *,
    actor: trail.Actor,
    reason: str,
    ticket: str,
) -> None:
    """Record the next version of a contract, and what it says that the one before does not."""
    _record(Verb.CONTRACT_CHANGED, contract, before, after, actor=actor, reason=reason, ticket=ticket, replaces=present)


def corrected(
    contract: Contract,
    before: rating.Terms,
    after: rating.Terms,
    *,
    actor: trail.Actor,
    reason: str,
    ticket: str,
) -> None:
    """Record that a version says something else from its beginning."""
    _record(Verb.CONTRACT_CORRECTED, contract, before, after, actor=actor, reason=reason, ticket=ticket)


def withdrawn(
    contract: Contract, further: Sequence[trail.Target], *, actor: trail.Actor, reason: str, ticket: str
) -> None:
    """Record that a version never begins, with everything that goes on instead."""
    trail.record(
        Verb.CONTRACT_WITHDRAWN,
        actor=actor,
        target=contract.target,
        organization=contract.organization.target,
        further=further,
        changes={"effective_from": [_day(contract), None]},
        detail={"number": contract.number},
        reason=reason,
        ticket=ticket,
    )


def _record(
    verb: Verb,
    contract: Contract,
    before: rating.Terms | None,
    after: rating.Terms,
    *,
    actor: trail.Actor,
    reason: str,
    ticket: str,
    replaces: Contract | None = None,
) -> None:
    begins = {} if verb is Verb.CONTRACT_CORRECTED else {"effective_from": [None, _day(contract)]}
    trail.record(
        verb,
        actor=actor,
        target=contract.target,
        organization=contract.organization.target,
        further=[replaces.target] if replaces else [],
        changes={**begins, **term_words.changes(before, after)},
        detail={"number": contract.number},
        reason=reason,
        ticket=ticket,
    )


def _day(contract: Contract) -> str:
    """Say when it begins, on its own clocks; the hour only where it is not the day's first."""
    local: datetime = contract.effective.lower.astimezone(contract.zone)
    return f"{local:%Y-%m-%d}" if (local.hour, local.minute, local.second) == (0, 0, 0) else f"{local:%Y-%m-%d %H:%M}"
