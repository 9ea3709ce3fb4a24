"""How a job is worked off: a worker takes its lease, does one thing a transaction, and lets others have a turn.

The transaction that does a thing also marks it as done, and holds the job's row: a worker that is killed leaves it
undone, and no two workers ever do it both.
"""

import logging
import time
import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from audit import jobs, trail, wording
from audit.models import Job, JobItem
from audit.verbs import Verb

# A worker serves sweeps too, and has to end soon when it is asked to.
TURN_SECONDS = 10.0
# A thing that ends its worker each time would go round for ever.
MOST_CLAIMS = 5
LONGEST_SENTENCE = 500
BROKEN = "An error of ours, which is in the log. Nothing was changed."

log = logging.getLogger(__name__)


def run(id: uuid.UUID | str, *, seconds: float = TURN_SECONDS) -> bool:
    """Work on the job for a while; whether something is left to do. False where it ended or another worker has it.

    An error of the database is raised: nothing of the thing at hand was saved, and the sweep takes the job up again.
    """
    job = _claim(id)
    if job is None:
        return False
    end = time.monotonic() + seconds
    while _step(job):
        if time.monotonic() >= end:
            return bool(Job.objects.filter(pk=job.pk, lease=job.lease).update(lease=None))
    return False


@transaction.atomic
def _claim(id: uuid.UUID | str) -> Job | None:
    now = timezone.now()
    job = jobs.due(now=now).select_for_update(skip_locked=True).filter(pk=id).first()
    if job is None:
        return None
    if job.claims >= MOST_CLAIMS or jobs.handler_of(job.kind) is None:
        log.error("The job %s was broken off: its worker ended %s times at the same thing.", job.pk, job.claims)
        _finish(job, Job.State.FAILED)
        return None
    job.state, job.started_at, job.claims = Job.State.RUNNING, job.started_at or now, job.claims + 1
    job.lease, job.heartbeat = uuid.uuid4(), now
    job.save(update_fields=["state", "started_at", "claims", "lease", "heartbeat"])
    return job


def _step(job: Job) -> bool:
    """Do the next thing; False where there is none, or the job is no longer this worker's."""
    item = None
    try:
        with transaction.atomic():
            if not _is_ours(job):
                return False
            item = job.items.select_for_update().filter(outcome=JobItem.Outcome.WAITING).order_by("position").first()
            if item is None:
                _finish(job, Job.State.DONE)
                return False
            _note(job, item, *_act(job, item))
    except (OperationalError, InterfaceError):
        raise
    # Whatever an app's work may raise: the other things of the job still have their turn.
    except Exception:
        log.exception("The job %s failed at %s", job.pk, item and item.target_id)
        return item is not None and _note_failure(job, item)
    return True


def _is_ours(job: Job) -> bool:
    """Lock the job's row until the transaction ends, so that nobody stops or takes it in the middle of a thing."""
    found = Job.objects.select_for_update().filter(pk=job.pk, lease=job.lease, state=Job.State.RUNNING).first()
    if found is not None:
        job.done, job.failed = found.done, found.failed
    return found is not None


def _act(job: Job, item: JobItem) -> tuple[str, str]:
    actor, piece = jobs.actor_of(job), jobs.piece_of(item)
    handler = jobs.handler_of(job.kind)
    if handler is None:
        raise LookupError(job.kind)
    try:
        with transaction.atomic():
            return JobItem.Outcome.DONE, handler(piece, actor, job.arguments)
    except ValidationError as error:
        return JobItem.Outcome.REFUSED, " ".join(error.messages)
    except trail.EntryRefused as error:
        return JobItem.Outcome.REFUSED, error.message
    except PermissionDenied as error:
        why = str(error) or "You may not do this."
        trail.record(
            Verb.ACCESS_DENIED,
            actor=actor,
            target=piece.target,
            organization=piece.organization,
            outcome="denied",
            reason=why,
            detail={"act": "go on with the job on"},
        )
        return JobItem.Outcome.REFUSED, why


def _note(job: Job, item: JobItem, outcome: str, sentence: str) -> None:
    now = timezone.now()
    item.outcome, item.sentence, item.finished_at = outcome, wording.neutral(sentence, LONGEST_SENTENCE), now
    item.save(update_fields=["outcome", "sentence", "finished_at"])
    is_done = outcome == JobItem.Outcome.DONE
    job.done, job.failed = job.done + is_done, job.failed + (not is_done)
    job.heartbeat, job.claims = now, 0
    job.save(update_fields=["done", "failed", "heartbeat", "claims"])


@transaction.atomic
def _note_failure(job: Job, item: JobItem) -> bool:
    """Mark the thing as failed, unless it was done and only what followed its commit went wrong."""
    if not _is_ours(job):
        return False
    waiting = job.items.select_for_update().filter(pk=item.pk, outcome=JobItem.Outcome.WAITING).first()
    if waiting is not None:
        _note(job, waiting, JobItem.Outcome.FAILED, BROKEN)
    return True


def _finish(job: Job, state: str) -> None:
    jobs.end(job, state)
    detail = {**jobs.counts(job), "state": job.get_state_display().lower()}
    trail.record(Verb.JOB_FINISHED, actor=trail.SYSTEM, target=jobs.target(job), detail=detail, parent=job.event)
