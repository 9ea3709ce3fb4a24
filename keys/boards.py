"""The hygiene board: what a reviewer would stop at. Each card counts by the very filter that its link opens."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from keys import conditions, totals
from keys.filters import KeyFilter
from keys.models import ApiKeyQuerySet
from orgs.models import Staff


@dataclass(frozen=True)
class Habit:
    """One thing that goes wrong with keys: the filter that finds it, and what to do."""

    name: str
    title: str
    query: tuple[tuple[str, str], ...]
    why: str
    remedy: str


_RUNNING = ("state", "active")
HABITS = (
    Habit(
        "endless", "Never expire", (_RUNNING, ("expires", conditions.NEVER)),
        "A secret that leaks works until somebody notices.", "Select them and set an expiry.",
    ),
    Habit(
        "idle", "No call for 90 days", (_RUNNING, ("unused", str(conditions.IDLE.days))),
        "Nobody would miss them, and nobody watches them.", "Ask the organization, then set an expiry or revoke.",
    ),
    Habit(
        "overdue", "Rotation overdue", (("check", conditions.OVERDUE),),
        "Their secret is older than the customer agreed to.", "Rotate them, with an overlap that suits the customer.",
    ),
    Habit(
        "untold", "Nobody to tell", (_RUNNING, ("check", conditions.UNTOLD)),
        "Their organization has no technical and no security contact: a leak reaches nobody.",
        "Ask the account manager for a contact.",
    ),
    Habit(
        "imported", "Imported, not rotated yet", (_RUNNING, ("check", conditions.IMPORTED)),
        "Scanners do not know its shape, and its checksum tells no typing error.", "Rotate them into the new format.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Card:
    """A habit, and how many keys have it; None where counting took too long."""

    habit: Habit
    count: int | None

    @property
    def figure(self) -> str:
        return "Not counted" if self.count is None else totals.written(self.count)

    @property
    def href(self) -> str:
        return f"{reverse('keys:index')}?{urlencode(self.habit.query)}"


def cards(rows: ApiKeyQuerySet, *, user: Staff, at: datetime) -> list[Card]:
    """Each habit with its count among the rows, in one statement."""
    counted = totals.counted(rows, {habit.name: _filter(habit, user, at).condition for habit in HABITS})
    return [Card(habit, counted.get(habit.name)) for habit in HABITS]


def _filter(habit: Habit, user: Staff, at: datetime) -> KeyFilter:
    form = KeyFilter(QueryDict(urlencode(habit.query)), user=user, at=at)
    if not form.is_valid():
        raise ValueError(f"{habit.name}: {form.errors}")
    return form
