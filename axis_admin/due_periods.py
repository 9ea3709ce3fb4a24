"""The billing periods that need somebody: what keeps them from being closed, and review windows that end soon."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Min
from django.urls import reverse
from django.utils import timezone

from audit import plurals
from metering import close_board, period_names
from metering.closing import State
from metering.models import BillingPeriod
from metering.models.periods import BillingPeriodQuerySet
from orgs.models import Staff
from orgs.policy import Permission

Said = dict[str, str]
SOON = timedelta(days=3)
# A window that ends for many is told by the names of so many.
NAMED = 3


def count(person: Any) -> int:
    """How many billing periods wait for this person; 0 for whoever can do nothing about it."""
    if not person.is_authenticated:
        return 0
    return _waiting(person, now=timezone.now()).count()


def items(person: Staff, *, now: datetime, most: int) -> Iterator[tuple[datetime, Said]]:
    """Yield what is in the way of periods that are to be closed, then the review windows that end soon."""
    listed = close_board.with_figures(_waiting(person, now=now)).order_by("review_until", "pk")
    for row in close_board.drawn(listed[:most], at=now):
        yield row.period.review_until or row.period.span.upper, _blocked(row)
    yield from _ending(_mine(person), now)


def _mine(person: Staff) -> BillingPeriodQuerySet:
    return BillingPeriod.objects.for_user(person, Permission.PERIOD_FINISH)


def _waiting(person: Staff, *, now: datetime) -> BillingPeriodQuerySet:
    return _mine(person).unfinished().filter(close_board.blocked(at=now))


def _blocked(row: close_board.Row) -> Said:
    href = reverse("metering:period", args=[row.period.organization.uid, row.period.label])
    first, more = row.blockers[0].title, len(row.blockers) - 1
    return {
        "icon": "document-text",
        "text": f"{row.called} of {row.period.organization} cannot be closed",
        "note": f"{first}, and {more} more" if more else first,
        "act": "See period",
        "href": href,
    }


def _ending(mine: BillingPeriodQuerySet, now: datetime) -> Iterable[tuple[datetime, Said]]:
    """One item for the windows of one period, however many organizations have it."""
    soon = mine.filter(state=State.REVIEW, held_at=None, review_until__gt=now, review_until__lte=now + SOON).order_by()
    counted = soon.values("label").annotate(count=Count("pk"), first=Min("review_until"), last=Max("review_until"))
    for one in counted.order_by("first", "label"):
        names = soon.filter(label=one["label"]).order_by("review_until", "organization__name")
        listed = list(names.values_list("organization__name", flat=True)[:NAMED])
        more, whose = one["count"] - len(listed), plurals.counted(one["count"], "organization")
        asked = urlencode({"state": State.REVIEW.value, "month": one["label"][:7]})
        yield (
            one["first"],
            {
                "icon": "document-text",
                "text": f"The review window of {period_names.mentioned(one['label'])} ends for {whose}",
                "note": ", ".join(listed) + (f" and {more} more" if more else ""),
                "act": "Review",
                "href": f"{reverse('metering:board')}?{asked}",
            },
        )
