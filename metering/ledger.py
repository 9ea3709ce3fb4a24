"""Counting generations: each id once and for good, committed and counted before the gateway gets its answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from audit import trail
from metering import assignment, batches, claims, fences, insertion, period_openings, rejects, windows_settled
from metering.batches import Batch, Candidate
from metering.insertion import Standing
from metering.results import Result, summary

__all__ = ["append", "summary"]

# One transaction holds the locks of at most so many organizations: PostgreSQL keeps room for 64 a connection.
ORGANIZATIONS_AT_ONCE = 64


def append(*, items: Sequence[Any], source: str, gateway: str, now: datetime, dry_run: bool = False) -> list[Result]:
    """Count what is new of a batch and say what became of each item, in the batch's order.

    `items` are the parsed bodies as they came; `source` and `gateway` say who reported them. What is rejected or in
    conflict is kept apart. With `dry_run` the answer is the same, and nothing is stored.
    """
    batch = Batch(items, now=now)
    firsts, repeats = batches.split(batch.candidates())
    # Before anything is settled: what cannot be written down stops the batch while nothing of it is counted.
    refused = list(batch.results.values())
    kept = rejects.write_down(refused, items, organizations=batch.names.organizations, source=source)
    foreseen: dict[str, Standing] = {}
    for group in batches.groups(firsts, organizations=ORGANIZATIONS_AT_ONCE):
        if dry_run:
            foreseen |= _foresee(batch, group)
        else:
            windows_settled.tell(batch, group, transaction=_settle(batch, group, source=source))
    known = insertion.standing(candidate.entry.generation_id for candidate in repeats) | foreseen
    for repeat in repeats:
        batch.compare(repeat, known.get(repeat.entry.generation_id))
    if not dry_run:
        windows_settled.tell(batch, repeats)
        conflicts = [batch.results[candidate.position] for candidate in (*firsts, *repeats)]
        kept += rejects.write_down(conflicts, items, organizations=batch.names.organizations, source=source)
        rejects.keep(kept, source=source, gateway=gateway, now=now)
    return batch.told


def _settle(batch: Batch, group: Sequence[Candidate], *, source: str) -> str:
    """Count a group and return the transaction that did, "" where nothing was new.

    A period that a contract owes is opened first, in a transaction of its own. Where another batch was faster with an
    id, nothing of this transaction stands, and the next one sees that id.
    """
    opened: set[int] = set()
    while True:
        try:
            return _count(batch, group, source=source)
        except claims.Lost:
            continue
        except assignment.Unopened as missing:
            # Once for each contract: the second time around, the period is there or something is wrong.
            if missing.contract.pk in opened:
                raise
            opened.add(missing.contract.pk)
            through = max(missing.at, *(candidate.entry.occurred_at for candidate in group))
            period_openings.open_periods(contract=missing.contract, actor=trail.SYSTEM, through=through)


@transaction.atomic
def _count(batch: Batch, group: Sequence[Candidate], *, source: str) -> str:
    entries = [candidate.entry for candidate in group]
    fences.share(entry.organization_id for entry in entries)
    periods = assignment.assign(entries, now=batch.now)
    granted = claims.take(entries)
    writable = [entry for entry in entries if not entry.claim or entry.generation_id in granted]
    new = insertion.insert(writable, source=source, received_at=batch.now)
    if granted - new.ids:
        raise claims.Lost
    known = insertion.standing(entry.generation_id for entry in entries if entry.generation_id not in new.ids)
    for candidate, period in zip(group, periods, strict=True):
        if candidate.entry.generation_id in new.ids:
            batch.accept(candidate, period)
        else:
            batch.compare(candidate, known.get(candidate.entry.generation_id))
    return new.transaction


def _foresee(batch: Batch, group: Sequence[Candidate]) -> dict[str, Standing]:
    """Say what counting the group would do; returns what the ledger would say about the new ids."""
    entries = [candidate.entry for candidate in group]
    known = insertion.standing(entry.generation_id for entry in entries)
    granted = claims.foresee(entry for entry in entries if entry.generation_id not in known)
    foreseen: dict[str, Standing] = {}
    for candidate, period in zip(group, assignment.foresee(entries, now=batch.now), strict=True):
        entry = candidate.entry
        if entry.generation_id in known or (entry.claim and entry.generation_id not in granted):
            batch.compare(candidate, known.get(entry.generation_id))
        else:
            batch.accept(candidate, period)
            foreseen[entry.generation_id] = batch.standing(entry, period)
    return foreseen
