"""A batch on its way through the ledger: what it says, what can be counted, and what became of each item."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from metering import entries, items, names, results
from metering.assignment import Period
from metering.entries import Entry
from metering.insertion import Standing
from metering.items import Names, Refused, judge
from metering.results import Result
from metering.shapes import Item


class Candidate(NamedTuple):
    """An item of the batch that can be usage."""

    position: int
    raw: Any
    entry: Entry


class Batch:
    """The items of one call, and the result of each as soon as it is known."""

    def __init__(self, raws: Sequence[Any], *, now: datetime) -> None:
        self.items = raws
        self.now = now
        self._received_at = results.rfc3339(now)
        self.results: dict[int, Result] = {}
        self.names = Names({}, {})
        # The first of each id that was a replay: the ledger says nothing about those.
        self._replays: dict[str, Entry] = {}

    @property
    def told(self) -> list[Result]:
        """The results in the order of the items."""
        return [self.results[index] for index in range(len(self.items))]

    def candidates(self) -> list[Candidate]:
        """Judge each item; what is not usage has its result afterwards."""
        good = list(self._good())
        if good:
            self.names = names.look_up(
                organizations={item.organization for _, item in good}, public_ids={item.key for _, item in good}
            )
        return list(self._judged(good))

    def accept(self, candidate: Candidate, period: Period | None) -> None:
        """It is counted, or would be."""
        index, raw, entry = candidate
        label = period.label if period else None
        accepted = results.accepted if entry.original_period_id is None else results.accepted_late
        self.results[index] = accepted(index, raw, period=label, received_at=self._received_at)

    def standing(self, entry: Entry, period: Period | None) -> Standing:
        """Return what the ledger says about an entry once it is counted."""
        return Standing(
            entry.generation_id,
            entry.organization_id,
            entry.key_id,
            entry.api_version,
            entry.outcome,
            entry.units,
            entry.occurred_at,
            entry.fingerprint,
            self.now,
            period.label if period else None,
        )

    def compare(self, candidate: Candidate, standing: Standing | None) -> None:
        """The ledger holds the id already: of the same generation, or of another one; else the item is a replay."""
        index, raw, entry = candidate
        other = standing or self._replays.setdefault(entry.generation_id, entry)
        if differing := entries.differences(entry, other):
            self.results[index] = results.conflict(index, raw, fields=differing, received_at=self._received_at)
        elif standing is None:
            self.results[index] = results.replay(index, raw, received_at=self._received_at)
        else:
            self.results[index] = results.duplicate(
                index, raw, period=standing.period, received_at=results.rfc3339(standing.received_at)
            )

    def _good(self) -> Iterator[tuple[int, Item]]:
        for index, item in enumerate(items.usual(self.items)):
            try:
                yield index, item or items.read(self.items[index])
            except Refused as refused:
                self._reject(index, refused)

    def _judged(self, good: Iterable[tuple[int, Item]]) -> Iterator[Candidate]:
        now_ms = entries.milliseconds(self.now)
        for index, item in good:
            try:
                yield Candidate(index, self.items[index], judge(item, self.names, now_ms=now_ms))
            except Refused as refused:
                self._reject(index, refused)

    def _reject(self, index: int, refused: Refused) -> None:
        self.results[index] = results.rejected(
            index, self.items[index], code=refused.code, fields=refused.fields, received_at=self._received_at
        )


def split(candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Part the first candidate of each id from those that repeat it."""
    firsts: dict[str, Candidate] = {}
    repeats = [
        candidate
        for candidate in candidates
        if firsts.setdefault(candidate.entry.generation_id, candidate) is not candidate
    ]
    return list(firsts.values()), repeats


def groups(candidates: Sequence[Candidate], *, organizations: int) -> Iterator[list[Candidate]]:
    """Cut a batch into parts of at most so many organizations, each sorted by id."""
    everybody = sorted({candidate.entry.organization_id for candidate in candidates})
    for start in range(0, len(everybody), organizations):
        some = set(everybody[start : start + organizations])
        theirs = (candidate for candidate in candidates if candidate.entry.organization_id in some)
        yield sorted(theirs, key=lambda candidate: candidate.entry.generation_id)
