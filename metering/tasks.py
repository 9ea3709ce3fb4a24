"""Sweeps: each looks for what is due, and may run twice."""

from celery import shared_task
from django.utils import timezone

from audit import trail
from metering import actions, partitions


@shared_task
def ensure_partitions() -> None:
    """Make the ledger's months around now."""
    partitions.ensure(now=timezone.now())


@shared_task
def open_periods() -> None:
    """Open the next billing period of every contract in effect."""
    actions.open_ahead(actor=trail.SYSTEM, now=timezone.now())
