"""How workers are asked to make an export: by the page that it was asked for on, and by the sweep."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from metering.exporting import running
from metering.models import Export

log = logging.getLogger(__name__)


# It stands here, because pages may not know of sweeps.
@shared_task(name="metering.tasks.run_export")
def run_export(pk: int) -> None:
    """Work on an export for a while, and come back for the rest; nothing where another worker has it."""
    if running.run(pk):
        run_export.delay(pk)


def enqueue(export: Export) -> None:
    """Have an export made once it is committed. A broker that does not answer costs a minute: the sweep finds it."""
    # A little late, so that what was reported before it was asked for is committed.
    wait = running.SETTLING.total_seconds() + 0.5
    try:
        run_export.apply_async_on_commit((export.pk,), countdown=wait)
    except OperationalError:
        log.warning("The broker does not answer: the export %s waits for the sweep.", export.uid)
