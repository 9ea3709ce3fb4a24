"""What was done to an object last, for whoever has just done it: no search, and nothing is shown of it."""

from collections.abc import Collection
from datetime import datetime

from audit.models import Event
from audit.trail import Actor
from audit.verbs import Verb


def was_last(verbs: Collection[Verb], target: str, *, actor: Actor, after: datetime) -> bool:
    """Say whether the actor did one of these to the target after that time, and nobody did more to it since.

    `target` is its id. What was done to other things that belong to it, as a link to a key, does not count.
    """
    kinds = {verb.value.partition(".")[0] for verb in verbs}
    done = Event.objects.filter(target_id=target, outcome=Event.Outcome.SUCCESS, occurred_at__gt=after)
    last = next((event for event in done[:50] if event.verb.partition(".")[0] in kinds), None)
    return last is not None and last.verb in set(verbs) and last.actor_id == actor.id
