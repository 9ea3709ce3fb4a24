"""Until when everything that happened is known to be counted, and which gateways are behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from metering.explorer.query import Filter
from metering.models import Generation, SourceCompletion
from metering.models.generations import ids_between

# What is older is taken no more, so that a gateway that was silent for so long can have nothing left to report.
FORGOTTEN = timedelta(days=35)
# Totals come once an hour, some minutes after it.
BEHIND = timedelta(hours=2, minutes=30)


@dataclass(frozen=True)
class Completeness:
    """`through` is the earliest of what the gateways say, or where none says it the newest report (`is_told` False)."""

    through: datetime | None
    is_told: bool
    behind: Sequence[SourceCompletion] = ()


def of(asked: Filter) -> Completeness:
    """Say until when the numbers of a filter are complete."""
    known = list(SourceCompletion.objects.filter(complete_through__gte=asked.now - FORGOTTEN))
    if known:
        behind = [one for one in known if one.complete_through < asked.now - BEHIND]
        return Completeness(min(one.complete_through for one in known), True, behind)
    # No older part of the ledger is read: where nothing came for so long, nobody needs to know when it was.
    first, last = ids_between(asked.now - FORGOTTEN, asked.now)
    rows = Generation.objects.filter(generation_id__gte=first, generation_id__lt=last)
    if asked.organization_ids is not None:
        rows = rows.filter(organization_id__in=sorted(asked.organization_ids))
    return Completeness(rows.order_by("-generation_id").values_list("received_at", flat=True).first(), False)
