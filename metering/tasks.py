"""Sweeps: each looks for what is due, and may run twice."""

from celery import shared_task
from django.utils import timezone

from audit import trail
from keys import actions as key_actions
from keys import job_lengths
from metering import (
    actions,
    advancing,
    checks,
    claims,
    lengths,
    partitions,
    pilot_use,
    sla_sweep,
    summing,
    usage_alerts,
    window_sweep,
)
from metering.exporting import queue, running


@shared_task
def ensure_partitions() -> None:
    """Make the ledger's months around now."""
    partitions.ensure(now=timezone.now())


@shared_task
def forget_claims() -> None:
    """Let go of idempotency keys that nothing can be a replay of any more."""
    claims.forget(now=timezone.now())


@shared_task
def open_periods() -> None:
    """Open the next billing period of every contract in effect."""
    actions.open_ahead(actor=trail.SYSTEM, now=timezone.now())


@shared_task
def advance_periods() -> None:
    """Have every billing period go on whose next step is due; of many, each worker takes some."""
    for ids in advancing.due(now=timezone.now()):
        advance_some.delay(ids)


@shared_task
def advance_some(ids: list[int]) -> None:
    """Take these billing periods on, as far as nothing is in the way."""
    advancing.advance(ids, now=timezone.now())


@shared_task
def check_periods() -> None:
    """Look anew at what billing periods come to and what is in their way, for the lists of them."""
    checks.refresh(now=timezone.now())


@shared_task
def warn_of_pilot_caps() -> None:
    """Tell the contacts and the account manager of pilots that have used most of their cap."""
    for pilot, used in pilot_use.near_cap(at=timezone.now()):
        key_actions.warn_of_cap(pilot=pilot, actor=trail.SYSTEM, used=used)


@shared_task
def warn_of_usage() -> None:
    """Tell the contacts of periods that have used most of what their contracts include, or commit to."""
    for reached in usage_alerts.to_tell(at=timezone.now()):
        actions.warn_of_usage(reached=reached, actor=trail.SYSTEM)


@shared_task
def measure_jobs() -> None:
    """Let leases of running jobs last as long as the jobs of late suggest."""
    now = timezone.now()
    job_lengths.note(lengths.longest(at=now), at=now)


@shared_task
def reconcile_windows() -> None:
    """Make what the counters of quotas say equal to the ledger, and write down what windows have used."""
    window_sweep.run(at=timezone.now())


@shared_task
def measure_sla() -> None:
    """Compute how the last days went against what plans promise, where reports have come in."""
    sla_sweep.run(now=timezone.now(), back=sla_sweep.LATELY)


@shared_task
def measure_old_sla() -> None:
    """Do the same for the last 13 months, where late reports or voids have changed them."""
    sla_sweep.run(now=timezone.now())


@shared_task
def sum_days() -> None:
    """Sum the days that are over, for pages about usage, and those anew that something was counted into since."""
    summing.run(now=timezone.now())


@shared_task
def take_up_exports() -> None:
    """Have the exports made that were never taken up, or whose worker went quiet."""
    for export in running.due(now=timezone.now()):
        queue.run_export.delay(export.pk)


@shared_task
def forget_exports() -> None:
    """Remove the exports whose time is over, some at a time."""
    while actions.forget_exports(actor=trail.SYSTEM, now=timezone.now()):
        pass
