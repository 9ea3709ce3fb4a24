"""Sweeps over due rows, each safe to run twice."""

from celery import shared_task
from django.utils import timezone

from audit import trail
from orgs import actions, mailing, notices
from orgs.capacity import days, spans
from orgs.models import Reservation


@shared_task
def send_notices() -> None:
    """Mail what the contacts of customers are to be told."""
    mailing.send_waiting()


@shared_task
def forget_notices() -> None:
    """Delete the notices that are older than anybody asks for."""
    notices.forget()


@shared_task
def keep_reservations() -> None:
    """Record which reservations began and ended, and which holds ran out; both is judged by the clock, not here."""
    now = timezone.now()
    today = spans.day_of(now)
    for due in Reservation.objects.to_begin(on=today).select_related("pool", "organization"):
        actions.begin_reservation(reservation=due, actor=trail.SYSTEM)
    due_to_end = (Reservation.objects.lapsed(at=now), Reservation.objects.over(on=today))
    for due in (one for rows in due_to_end for one in rows.select_related("pool", "organization")):
        actions.end_reservation(reservation=due, actor=trail.SYSTEM)


@shared_task
def make_pool_days() -> None:
    """Make the days of the pools as far ahead as pages look."""
    days.ensure_ahead(now=timezone.now())
