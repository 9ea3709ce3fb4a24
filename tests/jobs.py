"""Jobs that a test starts, and work that notes what was done."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from audit import jobs, running, trail
from audit.models import Job
from audit.verbs import Verb
from orgs.models import Organization
from tests.cast import ACTOR

KIND = "test.note"
# The ids of what was worked on, in turn.
worked: list[str] = []


def work(piece: jobs.Piece, actor: trail.Actor, arguments: Mapping[str, Any]) -> str:
    """Record an event about the thing; what its label asks for goes wrong."""
    if "refuse" in piece.target.label:
        raise ValidationError("It does not fit.")
    if "deny" in piece.target.label:
        raise PermissionDenied("You may no longer do this.")
    trail.record(Verb.CONTACT_EDITED, actor=actor, target=piece.target, organization=piece.organization)
    worked.append(piece.target.id)
    if "break" in piece.target.label:
        raise RuntimeError("broken")
    return f"Noted {piece.target.label}{arguments.get('mark', '')}"


jobs.register(KIND, work)


def a_job(*labels: str, organization: Organization | None = None, actor: trail.Actor = ACTOR, **arguments: Any) -> Job:
    """A job over things of these names that nobody has taken up yet."""
    worked.clear()
    of = organization.target if organization else None
    pieces = [
        jobs.Piece(trail.Target("contact", f"c{place}", label), of) for place, label in enumerate(labels or ("one",))
    ]
    return jobs.start(kind=KIND, actor=actor, title="Note things", items=pieces, arguments=arguments, reason="because")


def run_to_the_end(job: Job) -> Job:
    """Work on the job until nothing is left."""
    while running.run(job.pk):
        pass
    job.refresh_from_db()
    return job
