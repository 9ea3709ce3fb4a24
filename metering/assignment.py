"""Which billing period a generation belongs to, and which one counts it where that takes no more."""

import functools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from metering import periods
from metering.entries import Entry
from metering.models import BillingPeriod, Contract

_COLUMNS = "organization_id, id, lower(span)::text, upper(span)::text, label, state"
_EXISTING = f"""
SELECT {_COLUMNS} FROM metering_billingperiod
WHERE organization_id = ANY (%s::bigint[]) AND span && tstzrange(%s, %s, '[]')
"""  # noqa: S608 (the parts are written above)
_LATER = f"""
SELECT {_COLUMNS} FROM metering_billingperiod
WHERE organization_id = ANY (%s::bigint[]) AND state = ANY (%s::text[]) AND lower(span) >= %s ORDER BY lower(span)
"""  # noqa: S608 (the parts are written above)
OPEN, REVIEW = BillingPeriod.State.OPEN.value, BillingPeriod.State.REVIEW.value

# Most periods begin and end together, and to read a time takes longer than to find its period.
_moment = functools.lru_cache(maxsize=4_096)(datetime.fromisoformat)


class Period(NamedTuple):
    """A billing period as counting needs it; without an id where it is not open yet."""

    id: int | None
    start: datetime
    end: datetime
    label: str
    state: str = OPEN

    @property
    def counts(self) -> bool:
        """Whether it still takes what happened in it."""
        return self.state in (OPEN, REVIEW)


class Unopened(Exception):
    """A contract covers this time, but its period does not exist yet."""

    def __init__(self, contract: Contract, at: datetime) -> None:
        super().__init__(f"{contract} has no period for {at:%F %T}")
        self.contract = contract
        self.at = at


def assign(entries: Sequence[Entry], *, now: datetime) -> list[Period | None]:
    """Write its period into each entry, and return them; None where none counts it.

    A late entry has a later period, and its original one besides. Raises Unopened where a contract covers an entry, or
    the present for a late one, and the period does not exist yet.
    """
    found = _existing(entries)
    for position, contract in _covered(entries, found):
        raise Unopened(contract, entries[position].occurred_at)
    found, without = _moved(entries, found)
    for _, contract in _owing(entries, without, at=now):
        raise Unopened(contract, now)
    for entry, period in zip(entries, found, strict=True):
        entry.period_id = period.id if period else None
    return found


def foresee(entries: Sequence[Entry], *, now: datetime) -> list[Period | None]:
    """Return the period that each entry has, or would have once it is opened; late ones are told their original."""
    found = _existing(entries)
    for position, contract in _covered(entries, found):
        found[position] = _unopened(contract, entries[position].occurred_at)
    found, without = _moved(entries, found)
    for position, contract in _owing(entries, without, at=now):
        found[position] = _first_unopened(contract, after=without[position].end, now=now)
    return found


def _existing(entries: Sequence[Entry]) -> list[Period | None]:
    times = [entry.occurred_at for entry in entries]
    organizations = sorted({entry.organization_id for entry in entries})
    known = _by_organization(_EXISTING, [organizations, min(times), max(times)])
    found: list[Period | None] = []
    last: dict[int, Period | None] = {}
    for entry in entries:
        organization, at = entry.organization_id, entry.occurred_at
        period = last.get(organization)
        # Nearly all of an organization's lie in the same one.
        if period is None or not period.start <= at < period.end:
            period = last[organization] = _containing(known.get(organization, ()), at)
        found.append(period)
    return found


def _by_organization(statement: str, parameters: Sequence[Any]) -> dict[int, list[Period]]:
    known: dict[int, list[Period]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        for organization_id, id, start, end, *rest in cursor.fetchall():
            known.setdefault(organization_id, []).append(Period(id, _moment(start), _moment(end), *rest))
    return known


def _containing(known: Sequence[Period], at: datetime) -> Period | None:
    return next((period for period in known if period.start <= at < period.end), None)


def _moved(entries: Sequence[Entry], found: Sequence[Period | None]) -> tuple[list[Period | None], dict[int, Period]]:
    """Move late entries to the earliest open period after their own, else the earliest in review.

    Also returns the original period of each that has neither, by position.
    """
    late = {position: period for position, period in enumerate(found) if period is not None and not period.counts}
    if not late:
        return list(found), {}
    for position, period in late.items():
        entries[position].original_period_id = period.id
    theirs = sorted({entries[position].organization_id for position in late})
    later = _by_organization(_LATER, [theirs, [OPEN, REVIEW], min(period.end for period in late.values())])
    moved = list(found)
    for position, period in late.items():
        moved[position] = _next(later.get(entries[position].organization_id, ()), after=period.end)
    return moved, {position: period for position, period in late.items() if moved[position] is None}


def _next(later: Sequence[Period], *, after: datetime) -> Period | None:
    remaining = [period for period in later if period.start >= after]
    return next((period for period in remaining if period.state == OPEN), next(iter(remaining), None))


def _owing(entries: Sequence[Entry], without: dict[int, Period], *, at: datetime) -> Iterator[tuple[int, Contract]]:
    """Yield the late entries that no period counts although a contract is in effect and owes one."""
    for position, contract in _covering([(position, entries[position], at) for position in without]):
        if _first_unopened(contract, after=without[position].end, now=at) is not None:
            yield position, contract


def _covered(entries: Sequence[Entry], found: Sequence[Period | None]) -> Iterator[tuple[int, Contract]]:
    """Yield the position of each entry without a period that a contract covers, with that contract."""
    without = [position for position, period in enumerate(found) if period is None]
    return _covering([(position, entries[position], entries[position].occurred_at) for position in without])


def _covering(wanted: Sequence[tuple[int, Entry, datetime]]) -> Iterator[tuple[int, Contract]]:
    if not wanted:
        return
    theirs = {entry.organization_id for _, entry, _ in wanted}
    of_theirs = Contract.objects.standing().filter(organization__in=theirs).select_related("organization")
    contracts = list(of_theirs.prefetch_related("billing_periods"))
    for position, entry, at in wanted:
        for contract in contracts:
            if contract.organization_id == entry.organization_id and contract.terms.cover(at):
                yield position, contract


def _unopened(contract: Contract, at: datetime) -> Period | None:
    span = periods.containing(at, contract.terms)
    return _as_period(span, contract) if span else None


def _first_unopened(contract: Contract, *, after: datetime, now: datetime) -> Period | None:
    """Return the first period of a contract that begins then or later, through the present one, and is not there."""
    known = {period.span.lower for period in contract.billing_periods.all()}
    spans = periods.between(after, now, contract.terms)
    return next((_as_period(span, contract) for span in spans if span.start >= after and span.start not in known), None)


def _as_period(span: periods.Span, contract: Contract) -> Period:
    return Period(None, span.start, span.end, periods.label(span.start, contract.zone))
