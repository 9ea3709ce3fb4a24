"""Calls that passed, by the ids that the gateway reported with them: request ids and idempotency keys.

No index holds these, since each would cost every generation that is counted. So the last hours of the ledger are read
instead, the newest first, for as long as a person may wait.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from audit import search
from metering.models import Generation
from metering.models.generations import APART
from orgs.policy import Scope

SECONDS = 2.0
# How far back each step reads; where time runs out, what the steps before have found still stands.
STEPS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24), timedelta(hours=48))


@dataclass
class Looked:
    """What was found, and how far back the ledger was read; not at all where the first step took too long."""

    generations: list[Generation] = field(default_factory=list)
    back: timedelta = timedelta()

    @property
    def is_whole(self) -> bool:
        return self.back == STEPS[-1]


def named(ids: Sequence[str], *, scope: Scope, at: datetime, most: int) -> Looked:
    """Look for generations with one of these request ids or idempotency keys, in the organizations of the scope."""
    looked, until = Looked(), time.monotonic() + SECONDS
    wanted = Generation.objects.filter(scope.as_q("organization__")).filter(
        Q(request_id__in=ids) | Q(idempotency_key__in=ids)
    )
    end = at + APART
    for step in STEPS:
        left = until - time.monotonic()
        if left <= 0 or len(looked.generations) >= most:
            break
        rows = wanted.made_between(at - step, end).select_related("organization", "key").order_by("-generation_id")
        try:
            with search.limited(left):
                looked.generations += rows[: most - len(looked.generations)]
        except search.TooSlow:
            break
        looked.back, end = step, at - step
    return looked
