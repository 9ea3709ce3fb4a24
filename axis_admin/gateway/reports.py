"""A batch of reported generations, from its body to its answer. Whoever calls this knows which gateway it is."""

from typing import Annotated, Any

import msgspec
from django.utils import timezone

from axis_admin.gateway import envelopes, metrics, problems, wire
from axis_admin.gateway.serializers import generations
from metering import ledger, windows_settled

windows_settled.on_failure.append(metrics.UNSETTLED.inc)


class Report(envelopes.FromSource, frozen=True):
    """The envelope of a batch; its items are the ledger's to judge."""

    generations: Annotated[list[Any], msgspec.Meta(min_length=1, max_length=generations.LARGEST_BATCH)]


def count(body: bytes, gateway: str, dry_run: bool) -> bytes:
    """Return the answer to a batch, counted and committed by then; with `dry_run` nothing is stored.

    `gateway` is the uid of who reports. Raises Problem where the envelope is not what the contract says.
    """
    report = _read(body)
    results = ledger.append(
        items=report.generations, source=report.source, gateway=gateway, now=timezone.now(), dry_run=dry_run
    )
    summary = ledger.summary(results)
    if not dry_run:
        for status, number in summary.items():
            metrics.GENERATIONS.labels(status).inc(number)
    return wire.dumps({"summary": summary, "results": results})


def _read(body: bytes) -> Report:
    read = wire.loads(body)
    items = read.get("generations") if isinstance(read, dict) else None
    if isinstance(items, list) and len(items) > generations.LARGEST_BATCH:
        detail = f"A batch may have {generations.LARGEST_BATCH} generations."
        raise problems.Problem("too-large", detail)
    return envelopes.converted(read, Report, generations.GenerationsRequestSerializer)
