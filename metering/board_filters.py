"""What the address of the close board asks for: the same for its table, its sums and the work on many periods."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict

from metering import close_board, period_names
from metering.closing import State
from metering.models import BillingPeriod
from metering.models.periods import BillingPeriodQuerySet
from orgs.models import Organization, Staff
from orgs.policy import Permission

FIELDS = ("q", "state", "month", "manager")
BLOCKED, HELD = "blocked", "held"
STATES = (
    (BLOCKED, "Needs a person"),
    (HELD, "Held"),
    (State.REVIEW.value, "In review"),
    (State.CLOSING.value, "Closing"),
    (State.FINAL.value, "Final"),
    (State.OPEN.value, "Running"),
)
MONTHS = 13


class BoardFilter:
    """The filter of one address, for one person; what it does not know it leaves out."""

    def __init__(self, query: QueryDict | Mapping[str, Any], *, user: Staff, at: datetime) -> None:
        self.user, self.at = user, at
        asked = {name: str(query.get(name, "")).replace("\x00", "").strip() for name in FIELDS}
        self.months = _months(at)
        self.q, self.manager = asked["q"], asked["manager"]
        self.state = asked["state"] if asked["state"] in dict(STATES) else ""
        self.month = asked["month"] if asked["month"] in dict(self.months) else ""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The filter as it stands in an address."""
        return [(name, getattr(self, name)) for name in FIELDS if getattr(self, name)]

    @property
    def query(self) -> str:
        return urlencode(self.pairs)

    def rows(self) -> BillingPeriodQuerySet:
        """The periods in the person's scope that the filter finds, in no order."""
        rows = BillingPeriod.objects.for_user(self.user, Permission.USAGE_SEE)
        if self.month:
            rows = rows.filter(label__startswith=self.month)
        elif self.state == State.OPEN:
            rows = rows.filter(span__contains=self.at)
        else:
            rows = close_board.due(rows, at=self.at)
        return rows.filter(self._condition())

    def _condition(self) -> Q:
        found = Q()
        if self.state == BLOCKED:
            found &= close_board.blocked(at=self.at)
        elif self.state == HELD:
            found &= Q(held_at__isnull=False) & ~Q(state=State.FINAL)
        elif self.state:
            found &= Q(state=self.state)
        if self.q:
            found &= Q(organization__in=Organization.objects.matching(self.q))
        if self.manager:
            found &= Q(organization__account_manager__uid=self.manager)
        return found


def _months(at: datetime) -> list[tuple[str, str]]:
    """This month and those before it, as they stand in an address and as people say them."""
    last = at.year * 12 + at.month - 1
    labels = [f"{month // 12}-{month % 12 + 1:02}" for month in range(last, last - MONTHS, -1)]
    return [(label, period_names.named(label)) for label in labels]
