"""Runs jobs, and takes up those that nobody runs."""

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from audit import jobs, running, trail
from audit.models import Job

log = logging.getLogger(__name__)


@shared_task
def run_job(id: str) -> None:
    """Work on a job for a while, and come back for the rest; nothing where another worker has it."""
    if running.run(id):
        run_job.delay(id)


@shared_task
def take_up_jobs() -> None:
    """Have the jobs run that were never taken up, or whose worker went quiet."""
    for job in jobs.due(now=timezone.now()):
        run_job.delay(str(job.pk))


@shared_task
def forget_jobs() -> None:
    """Remove what ended long ago, a hundred at a time."""
    while jobs.forget(actor=trail.SYSTEM, now=timezone.now()):
        pass


def enqueue(job: Job) -> None:
    """Have a started job run once it is committed. A broker that does not answer costs a minute: the sweep finds it."""
    try:
        run_job.delay_on_commit(str(job.pk))
    except OperationalError:
        log.warning("The broker does not answer: the job %s waits for the sweep.", job.pk)
