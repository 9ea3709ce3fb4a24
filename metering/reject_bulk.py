"""Many rejects at once, as a job: each is sent again or dismissed by itself, and has a result of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from audit import jobs, trail
from metering import reject_settling
from metering.models import RejectedGeneration
from metering.models.generations import RejectedGenerationQuerySet
from orgs import on_behalf
from orgs.policy import Permission

Arguments = Mapping[str, Any]
Settle = Callable[[RejectedGeneration, trail.Actor, Arguments], str]


@dataclass(frozen=True)
class Act:
    """What can be done to many rejects: its name in addresses, what its button and the job say, and the work."""

    name: str
    label: str
    meaning: str
    settle: Settle

    @property
    def kind(self) -> str:
        return f"metering.{self.name}"

    def work(self, piece: jobs.Piece, actor: trail.Actor, arguments: Arguments) -> str:
        """Do it to one, if the person may still do so now. For `audit.jobs`."""
        pk = int(piece.target.id.removeprefix("reject/"))
        reject = RejectedGeneration.objects.select_related("organization").filter(pk=pk).first()
        if reject is None:
            raise ValidationError("There is no such reject.")
        refusal = "You may no longer decide about this."
        actor = on_behalf.acting(actor, Permission.REJECT_DECIDE, about=reject, refusal=refusal)
        return self.settle(reject, actor, arguments)


def pieces(rejects: RejectedGenerationQuerySet) -> list[jobs.Piece]:
    """What a job works on."""
    return [jobs.Piece(one.target, one.organization.target if one.organization else None) for one in rejects]


def _retry(reject: RejectedGeneration, actor: trail.Actor, arguments: Arguments) -> str:
    result = reject_settling.retry_reject(reject=reject, actor=actor, now=timezone.now(), **_why(arguments))
    if not reject_settling.is_counted(result):
        raise ValidationError(f"It was not counted: {reject_settling.said(result)}.")
    return f"It is counted: {reject_settling.said(result)}"


def _dismiss(reject: RejectedGeneration, actor: trail.Actor, arguments: Arguments) -> str:
    reject_settling.dismiss_reject(reject=reject, actor=actor, now=timezone.now(), **_why(arguments))
    return "It stays uncounted"


def _why(arguments: Arguments) -> dict[str, str]:
    return {"reason": arguments["reason"], "ticket": arguments["ticket"]}


RETRY = Act("retry_rejects", "Retry", "Each is sent to the ledger as it came. What is refused again stays.", _retry)
DISMISS = Act("dismiss_rejects", "Dismiss", "Each stays uncounted, and is no alarm any more.", _dismiss)
