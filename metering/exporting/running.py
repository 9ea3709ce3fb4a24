"""How an export is made: a worker takes its lease, writes batch after batch, and lets others have a turn.

The transaction that writes rows also says how far the file came: a worker that is killed leaves whole batches, and
whoever takes over goes on behind the last one. No row is ever in a file twice, and none is missing.
"""

import logging
import time
import uuid
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from metering.exporting import chunks, ending, scopes, sources, writers
from metering.exporting.sources import Batch, Source
from metering.exporting.zipping import TooLarge
from metering.models import Export
from metering.models.exports import ExportQuerySet

# A worker that has not written a batch for so long is taken for dead.
LEASE = timedelta(seconds=120)
# A worker serves sweeps too, and has to end soon when it is asked to.
TURN_SECONDS = 10.0
# What ends its worker each time would go round for ever.
MOST_CLAIMS = 5
# What gateways reported before the export was asked for is committed by then.
SETTLING = timedelta(seconds=3)
BROKEN = "An error of ours, which is in the log."
TOO_LARGE = "A workbook cannot be so large. Ask for CSV or NDJSON, or for a shorter time."

log = logging.getLogger(__name__)


def due(*, now: datetime) -> ExportQuerySet:
    """Return the exports that nobody has in hand: never taken up, let go, or left by a worker that went quiet."""
    free = Q(lease=None) | Q(heartbeat__lte=now - LEASE)
    return Export.objects.going().filter(free, as_of__lte=now - SETTLING).order_by("created_at")


def run(pk: int, *, seconds: float = TURN_SECONDS) -> bool:
    """Work on an export for a while; whether something is left to do. False where it ended or another worker has it.

    An error of the database is raised: nothing of the batch at hand was saved, and the sweep takes the export up again.
    """
    export = _claim(pk)
    if export is None:
        return False
    try:
        return _work(export, until=time.monotonic() + seconds)
    except (OperationalError, InterfaceError):
        raise
    except TooLarge:
        return _break_off(export, TOO_LARGE)
    # Whatever a source or a writer may raise would be raised again by the next worker.
    except Exception:
        log.exception("The export %s was broken off", export.uid)
        return _break_off(export, BROKEN)


@transaction.atomic
def _claim(pk: int) -> Export | None:
    now = timezone.now()
    rows = due(now=now).select_for_update(skip_locked=True, of=("self",))
    export = rows.select_related("owner", "organization").filter(pk=pk).first()
    if export is None:
        return None
    if export.claims >= MOST_CLAIMS:
        log.error("The export %s was broken off: its worker ended %s times at the same rows.", export.uid, MOST_CLAIMS)
        ending.finish(export, Export.State.FAILED, BROKEN)
        return None
    export.state, export.started_at, export.claims = Export.State.RUNNING, export.started_at or now, export.claims + 1
    export.lease, export.heartbeat = uuid.uuid4(), now
    export.save(update_fields=["state", "started_at", "claims", "lease", "heartbeat"])
    return export


def _work(export: Export, *, until: float) -> bool:
    source = sources.of(export)
    if not (export.rows and source.goes_on) and not _begin(export, source):
        return False
    for batch in source.batches():
        if not _write(export, source, batch):
            return False
        if source.goes_on and time.monotonic() >= until:
            return bool(Export.objects.filter(pk=export.pk, lease=export.lease).update(lease=None))
    _end(export, source)
    return False


@transaction.atomic
def _begin(export: Export, source: Source) -> bool:
    """Say how many rows are to come. What nobody can go on with begins anew: nobody has had any of it."""
    if not _goes_on(export):
        return False
    export.pieces.all().delete()
    export.expected = source.expected()
    export.rows, export.bytes, export.chunks, export.writer = 0, 0, 0, {}
    export.save(update_fields=["expected", "rows", "bytes", "chunks", "writer"])
    return True


@transaction.atomic
def _write(export: Export, source: Source, batch: Batch) -> bool:
    """Add a batch to the file; False where the export is no longer this worker's, or its owner's to have."""
    if not _goes_on(export):
        return False
    writer = writers.of(export.format, source.columns, export.writer)
    start = b"" if export.rows else writer.begin()
    chunks.append(export, start + writer.write(batch.rows))
    export.rows, export.writer = export.rows + len(batch.rows), writer.state
    export.position, export.voids = batch.position, batch.voids
    export.heartbeat, export.claims = timezone.now(), 0
    export.save(update_fields=["rows", "writer", "position", "voids", "bytes", "chunks", "heartbeat", "claims"])
    return True


@transaction.atomic
def _end(export: Export, source: Source) -> None:
    if not _goes_on(export):
        return
    writer = writers.of(export.format, source.columns, export.writer)
    start = b"" if export.rows else writer.begin()
    chunks.append(export, start + writer.end())
    export.save(update_fields=["bytes", "chunks"])
    ending.finish(export, Export.State.DONE)


@transaction.atomic
def _break_off(export: Export, sentence: str) -> bool:
    if _is_ours(export):
        ending.finish(export, Export.State.FAILED, sentence)
    return False


def _goes_on(export: Export) -> bool:
    """Whether it is still this worker's, and its owner still sees what they asked for; otherwise it ends here."""
    if not _is_ours(export):
        return False
    if scopes.still_holds(export):
        return True
    ending.finish(export, Export.State.FAILED, scopes.LOST)
    return False


def _is_ours(export: Export) -> bool:
    """Lock the export's row until the transaction ends, so that nobody stops or takes it in the middle of a batch."""
    mine = Export.objects.filter(pk=export.pk, lease=export.lease, state=Export.State.RUNNING)
    return mine.select_for_update().exists()
