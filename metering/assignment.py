"""Which billing period a generation belongs to."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from metering import periods
from metering.entries import Entry
from metering.models import Contract

_EXISTING = """
SELECT organization_id, id, lower(span), upper(span), label FROM metering_billingperiod
WHERE organization_id = ANY (%s::bigint[]) AND span && tstzrange(%s, %s, '[]')
"""


class Period(NamedTuple):
    """A billing period as counting needs it; without an id where it is not open yet."""

    id: int | None
    start: datetime
    end: datetime
    label: str


class Unopened(Exception):
    """A contract covers this time, but its period does not exist yet."""

    def __init__(self, contract: Contract, at: datetime) -> None:
        super().__init__(f"{contract} has no period for {at:%F %T}")
        self.contract = contract
        self.at = at


def assign(entries: Sequence[Entry]) -> list[Period | None]:
    """Write its period into each entry, and return them; None where no contract covers it.

    Raises Unopened where a contract does and its period does not exist yet.
    """
    found = _existing(entries)
    for position, contract in _covered(entries, found):
        raise Unopened(contract, entries[position].occurred_at)
    for entry, period in zip(entries, found, strict=True):
        entry.period_id = period.id if period else None
    return found


def foresee(entries: Sequence[Entry]) -> list[Period | None]:
    """Return the period that each entry has, or would have once it is opened."""
    found = _existing(entries)
    for position, contract in _covered(entries, found):
        span = periods.containing(entries[position].occurred_at, contract.terms)
        if span is not None:
            found[position] = Period(None, span.start, span.end, periods.label(span.start, contract.zone))
    return found


def _existing(entries: Sequence[Entry]) -> list[Period | None]:
    times = [entry.occurred_at for entry in entries]
    organizations = sorted({entry.organization_id for entry in entries})
    known: dict[int, list[Period]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_EXISTING, [organizations, min(times), max(times)])
        for organization_id, *rest in cursor.fetchall():
            known.setdefault(organization_id, []).append(Period(*rest))
    return [_containing(known.get(entry.organization_id, ()), entry.occurred_at) for entry in entries]


def _containing(known: Sequence[Period], at: datetime) -> Period | None:
    return next((period for period in known if period.start <= at < period.end), None)


def _covered(entries: Sequence[Entry], found: Sequence[Period | None]) -> Iterator[tuple[int, Contract]]:
    """Yield the position of each entry without a period that a contract covers, with that contract."""
    without = [position for position, period in enumerate(found) if period is None]
    if not without:
        return
    theirs = {entries[position].organization_id for position in without}
    contracts = list(Contract.objects.filter(organization__in=theirs).select_related("organization"))
    for position in without:
        entry = entries[position]
        for contract in contracts:
            if contract.organization_id == entry.organization_id and contract.terms.cover(entry.occurred_at):
                yield position, contract
