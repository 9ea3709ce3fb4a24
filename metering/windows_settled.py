"""What was counted is told to the counters of limits, after it was committed: no report waits for it or fails."""

import logging
from collections.abc import Callable, Iterable, Iterator

from keys.limits import settling, store
from keys.limits.settling import Report
from metering import entries
from metering.batches import Batch, Candidate

logger = logging.getLogger(__name__)

# Called where the counter store could not be told: the sweep then does what was left.
on_failure: list[Callable[[], object]] = []

_KEPT = ("accepted", "accepted_late")


def tell(batch: Batch, candidates: Iterable[Candidate], *, transaction: str = "") -> None:
    """Have the counters follow what became of these; `transaction` is the one in which the new ones were committed."""
    candidates = list(candidates)
    counters, organizations = store.current(), {candidate.entry.organization_id for candidate in candidates}
    try:
        concerned = settling.concerned(counters, organizations)
        # A lease is to be ended in any case.
        followed = (one for one in candidates if one.entry.organization_id in concerned or one.raw.get("lease"))
        settling.settle(counters, _reports(batch, followed), transaction=transaction)
    except store.CounterStoreDown as error:
        logger.warning("the counter store was not told of %s reports: %s", len(candidates), error)
        for told in on_failure:
            told()


def _reports(batch: Batch, candidates: Iterable[Candidate]) -> Iterator[Report]:
    for position, raw, entry in candidates:
        status = batch.results[position]["status"]
        # A second report of the same generation adds nothing, and ends what the first one may have left open; and a
        # replay was admitted like any other call, and is not billed.
        if status in _KEPT or status == "duplicate":
            yield Report(
                organization=entry.organization_id,
                key=entry.key_id,
                api_version=entry.api_version,
                units=entry.units,
                occurred_ms=entries.milliseconds(entry.occurred_at),
                counts=status in _KEPT and entry.outcome == "succeeded" and entry.environment == "live",
                request_id=raw.get("request_id"),
                lease=raw.get("lease"),
            )
