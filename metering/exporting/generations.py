"""Every generation behind a filter's numbers, and the voids that are taken out of them: they add up to the page."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from keys.models import ApiKey
from metering.explorer import Filter, sources
from metering.exporting.columns import Column
from metering.models import Adjustment, BillingPeriod, Generation
from orgs.models import Organization

AT_ONCE = 5_000

COLUMNS = (
    Column("kind", "Kind", 11),
    Column("generation_id", "Generation id", 38),
    Column("occurred_at", "Occurred (UTC)", 24),
    Column("organization", "Organization id", 20),
    Column("organization_name", "Organization", 24),
    Column("key", "Key id", 20),
    Column("key_name", "Key", 20),
    Column("environment", "Environment", 12),
    Column("api_version", "API version", 12),
    Column("outcome", "Outcome", 12),
    Column("failure_cause", "Failure cause"),
    Column("resolution", "Resolution"),
    Column("aspect_ratio", "Aspect ratio"),
    Column("service_tier", "Service tier"),
    Column("generations", "Generations"),
    Column("units", "Cost units"),
    Column("period", "Billing period"),
    Column("original_period", "Late, of billing period", 22),
    Column("received_at", "Received (UTC)", 24),
    Column("duration_ms", "Duration (ms)"),
    Column("source", "Source", 18),
    Column("request_id", "Request id", 30),
    Column("idempotency_key", "Idempotency key", 30),
    Column("stages", "Stages (ms)", 24),
    Column("adjustment", "Adjustment"),
)

_ALIKE = ("environment", "api_version", "outcome", "failure_cause", "resolution", "aspect_ratio", "service_tier")
_FOUND = ("generation_id", "occurred_at", "organization_id", "key_id", *_ALIKE, "units", "period_id")
_FOUND_GENERATIONS = (
    *_FOUND, "original_period_id", "received_at", "duration_ms", "source", "request_id", "idempotency_key", "stages",
)  # fmt: skip
_FOUND_VOIDS = (*_FOUND, "original_period_id", "created_at", "number")
Row = Sequence[Any]


def expected(asked: Filter, *, as_of: datetime) -> int:
    """Return about how many rows there are, from what is counted by hour and day."""
    counted = sum(part.rows.aggregate(of=Sum("generations"))["of"] or 0 for part in sources.counted(asked))
    # What was voided is missing there, and here it is told twice.
    return int(counted) + 2 * _voids(asked, as_of).count()


def after(asked: Filter, position: UUID | None, *, as_of: datetime) -> Iterator[tuple[list[Row], UUID]]:
    """Yield batches of the generations behind the one at `position`, in the order of their ids, each with its last."""
    rows = sources.generations(asked).filter(received_at__lte=as_of)
    while found := _page(rows if position is None else rows.filter(generation_id__gt=position)):
        position = found[-1][0]
        yield _told(found, _generation), position


def voids_after(asked: Filter, last: int | None, *, as_of: datetime) -> Iterator[tuple[list[Row], int]]:
    """Yield batches of the voids behind `last`, in the order in which they were made, each with its last."""
    rows = _voids(asked, as_of).order_by("sequence")
    while found := list(rows.filter(sequence__gt=last or 0).values_list(*_FOUND_VOIDS, "sequence")[:AT_ONCE]):
        last = found[-1][-1]
        yield _told(found, _void), last


def _page(rows: QuerySet[Generation]) -> list[Row]:
    return list(rows.order_by("generation_id").values_list(*_FOUND_GENERATIONS)[:AT_ONCE])


def _voids(asked: Filter, as_of: datetime) -> QuerySet[Adjustment]:
    return sources.voids(asked).filter(created_at__lte=as_of)


class _Names:
    """What the ledger's ids are called: of one batch, so that it never holds more than a batch does."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.organizations = Organization.objects.in_bulk({row[2] for row in rows})
        self.keys = ApiKey.objects.in_bulk({row[3] for row in rows})
        place = _FOUND.index("period_id")
        ids = {id for row in rows for id in row[place : place + 2]} - {None}
        self.periods = dict(BillingPeriod.objects.filter(pk__in=ids).values_list("pk", "label"))

    def of(self, organization: int, key: int) -> tuple[str, str, str, str]:
        of, with_key = self.organizations[organization], self.keys[key]
        return of.uid, of.name, with_key.uid, with_key.name


def _told(rows: Sequence[Row], tell: Any) -> list[Row]:
    names = _Names(rows)
    return [tell(row, names) for row in rows]


def _generation(row: Row, names: _Names) -> Row:
    id, occurred_at, organization, key, *alike = row[:11]
    units, period, original, *rest = row[11:]
    labels = names.periods.get(period), names.periods.get(original)
    return ("generation", str(id), occurred_at, *names.of(organization, key), *alike, 1, units, *labels, *rest, "")


def _void(row: Row, names: _Names) -> Row:
    id, occurred_at, organization, key, *alike = row[:11]
    units, period, original, created_at, number, _ = row[11:]
    labels = names.periods.get(period), names.periods.get(original)
    told = (None, "", "", "", None, number)
    return "void", str(id), occurred_at, *names.of(organization, key), *alike, -1, -units, *labels, created_at, *told
