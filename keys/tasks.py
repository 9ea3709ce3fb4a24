"""Sweeps over due rows, each safe to run twice."""

from celery import shared_task
from django.utils import timezone

from audit import trail
from keys import actions, uses
from keys.models import KeySecret


@shared_task
def end_overlaps() -> None:
    """Retire the secrets whose overlap has run out. That they stop on time is judged at each decision, not here."""
    due = KeySecret.objects.filter(state=KeySecret.State.OVERLAP, overlap_until__lte=timezone.now())
    for secret in due.select_related("key__organization"):
        actions.end_overlap(secret=secret, actor=trail.SYSTEM)


@shared_task
def flush_uses() -> None:
    """Write down when and from where keys and gateway credentials were used last."""
    uses.flush()
