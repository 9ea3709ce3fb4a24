"""Sweeps over due rows, each safe to run twice."""

from contextlib import ExitStack

from celery import shared_task
from django.db.models import Exists, OuterRef
from django.utils import timezone

from audit import trail
from keys import actions, counts, feed, refusals, retention, uses, utilisation
from keys.gateways import GatewaySecret
from keys.models import DeliveryLink, ExpiryMark, KeySecret, LimitRule, Pilot, SecretUse


@shared_task
def begin_rotations() -> None:
    """Make scheduled secrets current whose time has come. That they work on time is judged at each decision."""
    due = KeySecret.objects.filter(state=KeySecret.State.PENDING, activates_at__lte=timezone.now())
    for secret in due.exclude(key__state="revoked").select_related("key__organization"):
        actions.begin_rotation(secret=secret, actor=trail.SYSTEM)


@shared_task
def begin_overlaps() -> None:
    """Count overlaps from the first use of the new secret, where it was used by now."""
    now = timezone.now()
    waiting = KeySecret.objects.filter(state=KeySecret.State.OVERLAP, overlap_until__gt=now)
    used = SecretUse.objects.filter(secret__key=OuterRef("key"), secret__state=KeySecret.State.ACTIVE)
    due = waiting.filter(Exists(used), overlap_after_use__isnull=False)
    for secret in due.select_related("key__organization"):
        actions.begin_overlap(secret=secret, actor=trail.SYSTEM)


@shared_task
def end_overlaps() -> None:
    """Retire the secrets whose overlap has run out. That they stop on time is judged at each decision, not here."""
    due = KeySecret.objects.filter(state=KeySecret.State.OVERLAP, overlap_until__lte=timezone.now())
    for secret in due.select_related("key__organization"):
        actions.end_overlap(secret=secret, actor=trail.SYSTEM)


@shared_task
def end_links() -> None:
    """Wipe what one-time links hold that ran out, or whose secret has stopped. Opening one asks the clock itself."""
    for link in DeliveryLink.objects.due(at=timezone.now()).with_keys():
        actions.expire_link(link=link, actor=trail.SYSTEM)


@shared_task
def flush_uses() -> None:
    """Write down who used which credential last, what was decided, and what was refused."""
    with ExitStack() as flushes:
        # All of them run, whichever fails.
        for flush in (refusals.flush, counts.flush, uses.flush):
            flushes.callback(flush)


@shared_task
def note_expiries() -> None:
    """Warn the contacts of keys that expire soon, and record which ones did expire."""
    for key in ExpiryMark.objects.keys_to_note(at=timezone.now()).select_related("organization"):
        actions.note_expiry(key=key, actor=trail.SYSTEM)


@shared_task
def forget_old_counts() -> None:
    """Let go of counts and refusals that are older than they are kept."""
    retention.sweep(now=timezone.now())
    # Whoever lets go of receipts must know that no batch waits for one.
    counts.flush()
    retention.forget_receipts(now=timezone.now())


@shared_task
def end_gateway_overlaps() -> None:
    """Retire the old secrets of gateway credentials; that they stop on time is judged at each call, not here."""
    due = GatewaySecret.objects.filter(state=GatewaySecret.State.OVERLAP, overlap_until__lte=timezone.now())
    for secret in due.select_related("credential"):
        actions.end_gateway_overlap(credential=secret.credential, actor=trail.SYSTEM)


@shared_task
def forget_feed() -> None:
    """Keep a week of the change feed and of its confirmations."""
    feed.forget()


@shared_task
def record_limit_changes() -> None:
    """Record which limits began or ended by themselves; that they do so on time is judged at each decision."""
    due = LimitRule.objects.to_record(at=timezone.now()).select_related("organization", "key__organization")
    for rule in due.order_by("effective", "id"):
        actions.note_limit_change(rule=rule, actor=trail.SYSTEM)


@shared_task
def record_pilot_ends() -> None:
    """Record which pilots have run out. That their calls are refused on time is judged at each decision."""
    for pilot in Pilot.objects.over(at=timezone.now()).select_related("organization"):
        actions.expire_pilot(pilot=pilot, actor=trail.SYSTEM)


@shared_task
def warn_of_pilot_ends() -> None:
    """Tell the contacts and the account manager of pilots that end soon."""
    for pilot in Pilot.objects.to_warn(at=timezone.now()).select_related("organization"):
        actions.warn_of_end(pilot=pilot, actor=trail.SYSTEM)


@shared_task
def sample_pools() -> None:
    """Write down how many jobs run in the pools; a run more or less counts for the time that has passed."""
    utilisation.sample(at=timezone.now())
