"""Long work with progress, for every app: one transaction for each thing, and a result for each.

An app registers what it can do under a name, and starts a job with the things that it is about. A view then asks
`audit.tasks` to run it; whatever was not asked for, or was left behind by a worker that died, the sweep takes up.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from audit import trail, uuid7, wording
from audit.models import Job, JobItem
from audit.models.jobs import JobQuerySet
from audit.verbs import Verb

# A worker that has not finished a thing for so long is taken for dead.
LEASE = timedelta(seconds=60)
KEPT = timedelta(days=90)
LONGEST_TITLE = 200
MOST = 10_000


@dataclass(frozen=True)
class Piece:
    """One thing that a job is about, the organization that it belongs to, and the version that the person saw of it."""

    target: trail.Target
    organization: trail.Target | None = None
    seen: int | None = None


# Does the work for one piece inside a transaction of its own and says in a sentence what it did. It raises
# ValidationError where the piece cannot be done, PermissionDenied where the person may not (any more).
Handler = Callable[[Piece, trail.Actor, Mapping[str, Any]], str]
_handlers: dict[str, Handler] = {}


@dataclass(frozen=True)
class NextStep:
    """What is left to a person about a thing that is done: in two words, and where."""

    label: str
    href: str


NextStepOf = Callable[[Piece, Mapping[str, Any]], NextStep | None]
_next_steps: dict[str, NextStepOf] = {}


def register(kind: str, handler: Handler, *, next_step: NextStepOf | None = None) -> None:
    """Say who does the work of this kind, and what it leaves to people. Called by an AppConfig, once."""
    _handlers[kind] = handler
    if next_step is not None:
        _next_steps[kind] = next_step


def handler_of(kind: str) -> Handler | None:
    """Who does this work; None where no app of this version does."""
    return _handlers.get(kind)


@transaction.atomic
def start(
    *,
    kind: str,
    actor: trail.Actor,
    title: str,
    items: Sequence[Piece | trail.Target | str],
    arguments: Mapping[str, Any] | None = None,
    reason: str = "",
    ticket: str = "",
    once: str = "",
) -> Job:
    """Put the work down, to be done in the actor's name; the caller has it run once this is committed.

    `once` names what was asked, down to each thing: the actor's job of the same name that has not ended yet is returned
    in place of another.
    ValidationError without anything to work on, or with more than MOST; ValueError for an unknown kind and for
    arguments that hold a credential.
    """
    if kind not in _handlers:
        raise ValueError(f"Nobody does work of the kind {kind}.")
    if wording.holds_credential(json.dumps(arguments or {})):
        raise ValueError("A job is kept: its arguments may hold no credential.")
    if not 0 < len(items) <= MOST:
        raise ValidationError(f"A job is about 1 to {MOST:,} things; this one about {len(items):,}.")
    if once and (going := _going(kind, actor, once)):
        return going
    job = Job(id=uuid7.make(), kind=kind, title=wording.neutral(wording.one_line(title), LONGEST_TITLE))
    job.actor, job.arguments, job.total = dataclasses.asdict(actor), _kept(arguments, once), len(items)
    job.actor["parent"] = None
    job.actor_id, job.actor_label = trail.as_named(actor.id), trail.as_named(actor.label)
    detail: dict[str, str | int] = {"kind": kind, "items": len(items)}
    event = trail.record(Verb.JOB_STARTED, actor=actor, target=target(job), detail=detail, reason=reason, ticket=ticket)
    job.event = event.id
    job.save(force_insert=True)
    JobItem.objects.bulk_create(
        [_item(job, position, _piece(each)) for position, each in enumerate(items)], batch_size=1000
    )
    return job


@transaction.atomic
def cancel(*, job: Job, actor: trail.Actor) -> Job:
    """Stop the job before its next thing; what is done stays done. ValidationError where it has ended already."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    if not job.is_going:
        raise ValidationError(f"“{job}” has ended already.")
    end(job, Job.State.CANCELLED)
    actor = dataclasses.replace(actor, parent=job.event)
    trail.record(Verb.JOB_CANCELLED, actor=actor, target=target(job), detail=counts(job))
    return job


@transaction.atomic
def forget(*, actor: trail.Actor, now: datetime) -> int:
    """Remove the jobs that ended KEPT ago, a hundred at most; how many. What they did stays in the trail."""
    old = list(Job.objects.filter(finished_at__lt=now - KEPT).order_by("finished_at")[:100])
    for job in old:
        detail: dict[str, str | int] = {"items": job.total, "state": job.state}
        trail.record(Verb.JOB_REMOVED, actor=actor, target=target(job), detail=detail)
        job.delete()
    return len(old)


def end(job: Job, state: str) -> None:
    """Note the end of a job whose row is locked."""
    job.state, job.finished_at, job.lease = state, timezone.now(), None
    job.save(update_fields=["state", "finished_at", "lease"])


def piece_of(item: JobItem) -> Piece:
    """The thing that a line of a job is about."""
    of = item.organization
    organization = trail.Target("organization", of, item.organization_label) if of else None
    return Piece(trail.Target(item.target_type, item.target_id, item.target_label), organization, item.seen)


def next_step(item: JobItem, *, job: Job) -> NextStep | None:
    """What is left to a person about a thing that the job has done; None where nothing is."""
    said = _next_steps.get(job.kind)
    return said(piece_of(item), job.arguments) if said and item.outcome == JobItem.Outcome.DONE else None


def target(job: Job) -> trail.Target:
    """The job as the trail knows it."""
    return trail.Target("job", str(job.id), job.title)


def counts(job: Job) -> dict[str, str | int]:
    """How far the job came, for the trail; what did not happen is left out of its sentence."""
    failed = {"failed": job.failed} if job.failed else {}
    return {"done": job.done, "items": job.total, **failed}


def actor_of(job: Job) -> trail.Actor:
    """Who started the job; what they do through it belongs to the event of its start."""
    kept = {**job.actor, "parent": job.event}
    return trail.Actor(**{**kept, "roles": tuple(kept["roles"]), "auth_methods": tuple(kept["auth_methods"])})


def due(*, now: datetime) -> JobQuerySet:
    """The jobs that nobody has in hand: never taken up, or left by a worker that went quiet."""
    return Job.objects.going().filter(Q(lease=None) | Q(heartbeat__lte=now - LEASE)).order_by("created_at")


def of_person(actor_id: str) -> JobQuerySet:
    """The jobs that this person started, newest first."""
    return Job.objects.of(trail.as_named(actor_id))


def everybodys() -> JobQuerySet:
    """All jobs, newest first."""
    return Job.objects.all()


def _piece(item: Piece | trail.Target | str) -> Piece:
    if isinstance(item, str):
        item = trail.Target("thing", item, item)
    return item if isinstance(item, Piece) else Piece(item)


def _going(kind: str, actor: trail.Actor, once: str) -> Job | None:
    """The actor's job of this name that has not ended; until this is committed nobody else starts one of theirs."""
    actor_id = trail.as_named(actor.id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"jobs of {actor_id}"])
    return Job.objects.of(actor_id).going().filter(kind=kind, arguments__once=once).first()


def _kept(arguments: Mapping[str, Any] | None, once: str) -> dict[str, Any]:
    return {**(arguments or {}), **({"once": once} if once else {})}


def _item(job: Job, position: int, piece: Piece) -> JobItem:
    of = piece.organization
    return JobItem(
        job=job,
        position=position,
        target_type=piece.target.type,
        target_id=trail.as_named(piece.target.id),
        target_label=trail.as_named(piece.target.label),
        organization=trail.as_named(of.id) if of else "",
        organization_label=trail.as_named(of.label) if of else "",
        seen=piece.seen,
    )
