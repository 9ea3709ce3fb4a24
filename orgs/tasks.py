"""Sweeps over due rows, each safe to run twice."""

from celery import shared_task

from orgs import mailing, notices


@shared_task
def send_notices() -> None:
    """Mail what the contacts of customers are to be told."""
    mailing.send_waiting()


@shared_task
def forget_notices() -> None:
    """Delete the notices that are older than anybody asks for."""
    notices.forget()
