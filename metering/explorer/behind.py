"""The generations behind a number: page by page, with what is taken out of it again, so that both add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet

from audit import search
from metering.explorer import counting, grains, sources, spans
from metering.explorer.query import Filter
from metering.models import Adjustment, Generation, UsageDay

PER_PAGE = 50
LONGEST_WORDS = 255
# A filter that hardly anything matches may have to read a month of everybody's: no longer than this.
SECONDS = 5
MOST_VOIDS = 100

_IS_THERE = "SELECT to_regclass('metering_generation_' || %s) IS NOT NULL"


@dataclass(frozen=True)
class Row:
    """A generation, and the adjustment that voided it."""

    generation: Generation
    void: Adjustment | None = None


@dataclass(frozen=True)
class Listed:
    """A page of generations, the newest first; `newer` and `older` are ids to go on from, None where there is no more.

    `too_slow` where the ledger could not be read in time: then nothing is listed, and the count stands all the same.
    `found` is how many have the name that was searched for; None where none was, or it took too long.
    """

    rows: Sequence[Row]
    newer: UUID | None = None
    older: UUID | None = None
    too_slow: bool = False
    found: int | None = None


@dataclass(frozen=True)
class Count:
    """What adds up: `listed` generations less `voided` ones are the `number` that the explorer and statements show.

    `elsewhere` are voids of generations that are not in the list, since another billing period counted them.
    """

    number: int
    voided: int
    elsewhere: Sequence[Adjustment] = ()
    missing: Sequence[str] = ()

    @property
    def listed(self) -> int:
        return self.number + self.voided


def count(asked: Filter) -> Count:
    """Count the generations behind the filter exactly, from the rollups and the voids."""
    by_attempts = replace(asked, by="outcome", grain=grains.MONTH)
    number, taken = counting.count(by_attempts).total.attempts, sources.voids(asked)
    voided = taken.count()
    return Count(number, voided, _elsewhere(asked, taken) if voided else (), _missing(asked) if number else ())


def page(asked: Filter, words: str, *, before: UUID | None = None, after: UUID | None = None) -> Listed:
    """List the generations older than `before`, or newer than `after`, or the newest ones."""
    rows = sources.generations(asked)
    if words:
        rows = rows.filter(matching(words))
    rows = rows.select_related("organization", "key", "period", "original_period")
    try:
        with search.limited(SECONDS):
            listed = _page(rows, before, after)
            return replace(listed, found=rows.count()) if words else listed
    except search.TooSlow:
        return Listed((), too_slow=True)


def matching(words: str) -> Q:
    """Match what a customer or a gateway may name a generation by: its id, its request or its idempotency key."""
    found = Q(request_id=words) | Q(idempotency_key=words)
    try:
        return found | Q(pk=UUID(words))
    except ValueError:
        return found


def _page(rows: QuerySet[Generation], before: UUID | None, after: UUID | None) -> Listed:
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: PER_PAGE + 1])
        shown = found[:PER_PAGE][::-1]
        newer = shown[0].pk if len(found) > PER_PAGE else None
        return Listed(_with_voids(shown), newer, shown[-1].pk if shown else None)
    found = list((rows.filter(pk__lt=before) if before else rows).order_by("-pk")[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    older = shown[-1].pk if len(found) > PER_PAGE else None
    return Listed(_with_voids(shown), shown[0].pk if before and shown else None, older)


def _with_voids(shown: Sequence[Generation]) -> list[Row]:
    voids: Mapping[UUID, Adjustment] = {
        one.generation_id: one
        for one in Adjustment.objects.of_generations(generation.pk for generation in shown)
        if one.generation_id
    }
    return [Row(generation, voids.get(generation.pk)) for generation in shown]


def _elsewhere(asked: Filter, taken: QuerySet[Adjustment]) -> list[Adjustment]:
    """Return the voids whose generation the filter itself does not list."""
    voids = list(taken.select_related("organization")[:MOST_VOIDS])
    ids = [one.generation_id for one in voids if one.generation_id]
    listed = set(sources.generations(asked).filter(pk__in=ids).values_list("pk", flat=True))
    return [one for one in voids if one.generation_id not in listed]


def _missing(asked: Filter) -> list[str]:
    """Name the months that were moved out of the database: they are counted, and no longer listed."""
    months = grains.slots(asked.span, grains.MONTH, ZoneInfo("UTC"))
    return [month.title for month in months if not _is_there(month.start) and _is_counted(asked, month)]


def _is_there(month: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_THERE, [f"{month.astimezone(UTC):%Y%m}"])
        return bool(cursor.fetchone()[0])


def _is_counted(asked: Filter, month: grains.Slot) -> bool:
    days = UsageDay.objects.filter(asked.condition)
    return days.on_days(month.start.date(), (month.end - spans.HOUR).date()).exists()
