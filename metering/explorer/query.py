"""One filter for everything that is told about usage: it is read from an address, and writes itself into one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from keys.models import ApiKey
from metering import periods
from metering.explorer import addresses, dimensions, grains, reading, spans
from metering.explorer.dimensions import BY_NAME, CAUSE, DIMENSIONS, KEY, LEFT_OUT, ORGANIZATION, OUTCOME, VERSION
from metering.explorer.reading import Reader
from metering.explorer.spans import Span
from metering.models import BillingPeriod
from orgs import policy
from orgs.models import Organization, Staff
from orgs.policy import Permission

ENVIRONMENT = ApiKey.Environment
# Where an address says nothing of time: across organizations, and inside one that has no billing period now.
ACROSS, INSIDE = "month", "30d"
WITHOUT = "none"
# What says how usage is shown, and not what is counted.
DRAWN = ("by", "grain", "compare")


@dataclass(frozen=True)
class Filter:
    """What is asked about usage, in the scope of one person.

    `span` is what is drawn. `is_timed` says whether it also decides what counts: a billing period alone counts what
    was put into it, whenever it happened. `scope` are the organizations in sight, None for all of them; `notes` say
    what the address names and nobody knows.
    """

    zone: ZoneInfo
    now: datetime
    span: Span
    range: str = ""
    is_timed: bool = True
    organization: Organization | None = None
    scope: frozenset[int] | None = None
    organizations: tuple[Organization, ...] | None = None
    keys: tuple[ApiKey, ...] | None = None
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    environment: str = ENVIRONMENT.LIVE
    period: BillingPeriod | None = None
    is_parked: bool = False
    original: str = ""
    original_period: BillingPeriod | None = None
    by: str = VERSION.name
    grain: str = grains.DAY
    compares: bool = True
    is_nothing: bool = False
    notes: tuple[str, ...] = ()
    missed: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_query(
        cls, query: QueryDict, user: Staff, organization: Organization | None = None, *, now: datetime | None = None
    ) -> "Filter":
        """Read an address as this person may see it; inside an organization, in its zone and of it alone.

        Raises nothing: what is unknown stands in `notes`. The person must see the organization; `now` is the present.
        """
        zone, now = organization.zone if organization else ZoneInfo("UTC"), now or timezone.now()
        reader = Reader(query, user, organization, zone, now)
        asked = reader.range()
        found = cls(zone, now, spans.offered(INSIDE, zone, now=now), INSIDE, organization=organization)
        found = _of_what(found, reader, has_range=asked is not None)
        if asked:
            found = replace(found, range=asked[0], span=asked[1], is_timed=True)
        elif found.period is None:
            name = INSIDE if organization or found.is_parked else ACROSS
            found = replace(found, range=name, span=spans.offered(name, zone, now=now))
        return _drawn(found, reader)

    @property
    def condition(self) -> Q:
        """What a row of the ledger, of a rollup or of the voids must be like, its time apart."""
        found = self.whose
        if self.keys is not None:
            found &= Q(key_id__in=[key.pk for key in self.keys])
        for name, values in self.values.items():
            dimension = BY_NAME[name.removeprefix(LEFT_OUT)]
            listed = Q(**{f"{dimension.column}__in": [dimension.stored(value) for value in values]})
            found &= ~listed if name.startswith(LEFT_OUT) else listed
        return found

    @property
    def whose(self) -> Q:
        """The part of it that every row of usage can be asked: live or test, whose, and of which billing period."""
        found = Q(environment=self.environment)
        if self.is_nothing:
            found &= Q(pk__in=[])
        if self.organization_ids is not None:
            found &= Q(organization_id__in=sorted(self.organization_ids))
        return found & self._in_period()

    @property
    def organization_ids(self) -> frozenset[int] | None:
        """The organizations that count, None for all of them."""
        if self.organization is not None:
            return frozenset({self.organization.pk})
        if self.period is not None:
            return frozenset({self.period.organization_id})
        if self.organizations is not None:
            return frozenset(one.pk for one in self.organizations)
        return self.scope

    @property
    def counts_attempts(self) -> bool:
        """Whether failed generations are in the bars and sums: where the question is how generations ended."""
        asked = {OUTCOME.name, CAUSE.name}
        return self.by in asked or any(name.removeprefix(LEFT_OUT) in asked for name in self.values)

    @property
    def lines_by(self) -> str:
        """By what the table is: versions are columns, so that beside them stand organizations or, of one, keys."""
        if self.by != VERSION.name:
            return self.by
        ids = self.organization_ids
        return KEY.name if ids is not None and len(ids) == 1 else ORGANIZATION.name

    # Kept: a page asks for it with each of its addresses.
    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The whole filter as it stands in an address, each thing that is not as usual."""
        return [*self._time_pairs(), *self._pairs()]

    @property
    def query_string(self) -> str:
        """The filter as an address keeps it; a range such as the last 30 days moves on with time."""
        return urlencode(self.pairs)

    @property
    def pinned_query_string(self) -> str:
        """The same with the hours that are meant now: what is asked again with it later is the same time."""
        period = [pair for pair in self._time_pairs() if pair[0] in ("period", "original")]
        ends = [("from", spans.written(self.span.start)), ("to", spans.written(self.span.end))]
        return urlencode([*period, *(ends if self.is_timed else []), *self._pairs()])

    def href(self, *drop: str, add: Sequence[tuple[str, str]] = ()) -> str:
        """Return the address of the same page with some things taken out and others put in."""
        return "?" + addresses.joined(self._written, drop, add)

    def kept(self, *drop: str) -> list[tuple[str, str]]:
        """Return what a form of its own carries on as hidden fields."""
        return [pair for pair in self.pairs if pair[0] not in drop]

    def opened(self, *drop: str, add: Sequence[tuple[str, str]] = ()) -> str:
        """Return the address of the generations behind this filter, with some things taken out and others put in.

        That list has no zone of its own and is of all organizations: both stand in its address.
        """
        return f"{self._ledger}?{addresses.joined(self._behind, {*drop, *dict(add)}, add)}"

    # A page has some two hundred addresses: what they share is written once.
    @cached_property
    def _written(self) -> list[tuple[str, str]]:
        return addresses.written(self.pairs)

    @cached_property
    def _ledger(self) -> str:
        return reverse("metering:generations")

    @cached_property
    def _behind(self) -> list[tuple[str, str]]:
        """Say what the list of generations is to show: each name, and how it stands in an address."""
        within = [("org", self.organization.uid)] if self.organization and not self.period else []
        period = self.period and [("period", f"{self.period.organization.uid}/{self.period.label}")]
        times = [("from", spans.written(self.span.start)), ("to", spans.written(self.span.end))]
        late = [pair for pair in self._time_pairs() if pair[0] == "original" or pair == ("period", WITHOUT)]
        what = [pair for pair in self._pairs() if pair[0] not in DRAWN]
        return addresses.written([*within, *(period or []), *late, *(times if self.is_timed else []), *what])

    def _in_period(self) -> Q:
        found = Q()
        if self.period is not None:
            found &= Q(period_id=self.period.pk)
        if self.is_parked:
            found &= Q(period_id=None)
        if self.original_period is not None:
            return found & Q(original_period_id=self.original_period.pk)
        return found & Q(original_period_id__isnull=self.original == WITHOUT) if self.original else found

    def _time_pairs(self) -> list[tuple[str, str]]:
        found = []
        if self.period is not None:
            inside = self.organization is not None
            label = self.period.label
            found.append(("period", label if inside else f"{self.period.organization.uid}/{label}"))
        elif self.is_parked:
            found.append(("period", WITHOUT))
        if self.original_period is not None or self.original:
            found.append(("original", self.original_period.label if self.original_period else self.original))
        if not self.is_timed:
            return found
        if self.range:
            return [*found, ("range", self.range)]
        return [*found, ("from", self._end(self.span.start)), ("to", self._end(self.span.end, is_end=True))]

    def _end(self, at: datetime, *, is_end: bool = False) -> str:
        day = (at - spans.HOUR if is_end else at).astimezone(self.zone).date()
        is_day = spans.begin(day + spans.DAY if is_end else day, self.zone) == at
        return f"{day:%Y-%m-%d}" if is_day else spans.written(at)

    def _pairs(self) -> list[tuple[str, str]]:
        found = [(ORGANIZATION.name, one.uid) for one in self.organizations or ()]
        found += [(KEY.name, key.uid) for key in self.keys or ()]
        found += [*self.missed, *((name, value) for name, values in self.values.items() for value in values)]
        usual = {
            "environment": (self.environment, ENVIRONMENT.LIVE),
            "by": (self.by, VERSION.name),
            "grain": (self.grain, grains.usual(self.span)),
            "compare": ("before" if self.compares else "no", "before"),
        }
        return [*found, *((name, str(value)) for name, (value, other) in usual.items() if value != other)]


def _of_what(found: Filter, reader: Reader, *, has_range: bool) -> Filter:
    """Put in whose usage is meant: scope, organizations, keys, values and billing period."""
    sees = policy.scope(reader.user, Permission.USAGE_SEE)
    mine = Organization.objects.for_user(reader.user, Permission.USAGE_SEE)
    scope = None if sees.everything else frozenset(mine.order_by().values_list("pk", flat=True))
    environment = reader.one_of("environment", ENVIRONMENT.values) or ENVIRONMENT.LIVE
    named, keys = reader.organizations(), reader.keys()
    found = replace(
        found, scope=scope, organizations=named, keys=keys, values=reader.texts(), environment=str(environment)
    )
    return _in_period(found, reader, has_range=has_range)


def _in_period(found: Filter, reader: Reader, *, has_range: bool) -> Filter:
    asked = reader.word("period")
    if asked == reading.NO_PERIOD:
        return _of_original(replace(found, is_parked=True), reader)
    if asked:
        found = replace(found, period=reader.period(asked))
        found = replace(found, is_nothing=found.period is None)
    elif found.organization is not None and not has_range:
        current = BillingPeriod.objects.containing(found.now).filter(organization=found.organization)
        found = replace(found, period=current.select_related("organization", "contract").first())
    if found.period is not None:
        whole = periods.Span(found.period.span.lower.astimezone(UTC), found.period.span.upper.astimezone(UTC))
        span = spans.of_period(whole, found.period.label, now=found.now)
        found = replace(found, range="", is_timed=False, span=span)
    return _of_original(found, reader)


def _of_original(found: Filter, reader: Reader) -> Filter:
    asked = reader.word("original")
    if not asked or found.is_nothing:
        return found
    if asked in (reading.ANY, reading.ON_TIME):
        return replace(found, original=asked)
    owner = found.period.organization.uid if found.period and not found.organization else ""
    period = reader.period(f"{owner}/{asked}" if owner and "/" not in asked else asked, "original")
    return replace(found, original_period=period, is_nothing=period is None)


def _drawn(found: Filter, reader: Reader) -> Filter:
    """Put in how it is drawn: by what, how finely, beside what."""
    by = reader.one_of("by", [one.name for one in DIMENSIONS]) or VERSION.name
    if by == ORGANIZATION.name and found.organization is not None:
        by = VERSION.name
    grain = reader.one_of("grain", dict(grains.GRAINS)) or grains.usual(found.span)
    if not grains.fits(grain, found.span):
        reader.notes.append(f"{found.span.label} is too long for a bar each {grain}.")
        grain = grains.usual(found.span)
    compares = reader.one_of("compare", ("before", "no")) != "no"
    return replace(found, by=by, grain=grain, compares=compares, notes=tuple(reader.notes), missed=tuple(reader.missed))


def generations_url(opens: Mapping[str, str | Sequence[str]]) -> str:
    """Return the address of the list of generations behind a number; see `address_of` for the names."""
    return address_of("metering:generations", opens)


def address_of(route: str, opens: Mapping[str, str | Sequence[str]]) -> str:
    """Return the address of a page of the explorer that takes no argument, filtered.

    `opens` may hold org, key, version, resolution, ratio, outcome, tier, cause (each also as `not_…`, a text or
    several), environment, from, to, range, period (`org_…/2026-11`, or `none` for what is in none) and original (of
    late ones the label of the period that they happened in; `any` late ones, `none` of them). An unknown name is an
    error.
    """
    allowed = {*BY_NAME, *(LEFT_OUT + one.name for one in dimensions.TEXTS), *dimensions.BESIDE}
    if strange := set(opens) - allowed:
        raise ValueError(f"The explorer knows no {sorted(strange)}.")
    return f"{reverse(route)}?{urlencode(opens, doseq=True)}"
