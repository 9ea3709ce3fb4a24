"""What goes on at an organization in this moment: what of its limits is used, which jobs run, what was refused."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum

from keys import freshness
from keys.evidence import span
from keys.gateways import GatewayCredential
from keys.limits import admissions, standing, store
from keys.limits import running as running_jobs
from keys.limits.running import Job
from keys.limits.standing import Place, Stand
from keys.models import ApiKey, DecisionMinute, Refusal
from keys.verdicts import MEANINGS, Code
from orgs.models import Organization

HOUR = timedelta(hours=1)
MOST_JOBS = 50
# Whoever looks, what was counted is fetched so often at most.
COUNTED_MS = 10_000
_MOST_REFUSALS = 5_000
_WORTH_TELLING_US = 100_000
_SURELY_REMEMBERED = admissions.REMEMBERED - timedelta(minutes=1)


@dataclass(frozen=True)
class Use:
    """A limit and what of it is used, as a line of the page. `used` None: it is not known."""

    words: str
    key: ApiKey | None
    used: int | None
    limit: int
    note: str

    @property
    def percent(self) -> int | None:
        if self.used is None:
            return None
        return self.used * 100 // self.limit if self.limit else 100

    @property
    def tone(self) -> str:
        return "bad" if (self.percent or 0) >= 100 else "warn" if (self.percent or 0) >= 80 else ""


@dataclass(frozen=True)
class Running:
    """A running job as people see it, and find it at the gateway: by `decision`, the id of the answer that began it.

    `is_sure` is False where it may be the beginning of a hash of the request id instead.
    """

    job: Job
    key: ApiKey | None
    gateway: str
    age: str
    left: str
    decision: str
    is_sure: bool


@dataclass(frozen=True)
class Refused:
    """Calls of the last hour that were refused for one reason to one key, and by which limits."""

    code: str
    message: str
    limits: str
    key: ApiKey | None
    calls: int


@dataclass(frozen=True)
class Now:
    """All of the page. Without the counter store nothing is known of uses and jobs."""

    at: datetime
    is_known: bool
    uses: Sequence[Use]
    jobs: Sequence[Running]
    jobs_in_all: int
    refused: Sequence[Refused]

    @property
    def has_more_jobs(self) -> bool:
        return self.jobs_in_all > len(self.jobs)

    @property
    def refused_in_all(self) -> int:
        return sum(one.calls for one in self.refused)

    @property
    def is_capped(self) -> bool:
        """Whether there may be more jobs than were counted."""
        return self.jobs_in_all >= running_jobs.MOST_READ


def now(organization: Organization, *, at: datetime, names_gateways: bool) -> Now:
    """Look. `names_gateways` says whether the person sees gateways; else they are told by their ids."""
    places, counters = standing.places(organization, at=at), store.patient()
    try:
        stands = standing.read(counters, organization.pk, places, at=at)
        jobs = sorted(running_jobs.jobs(counters, organization.pk, at=at), key=lambda job: job.began_at)
        shown = jobs[:MOST_JOBS]
        decisions = admissions.decisions(counters, organization.pk, [job.id for job in shown])
        _fetch_counts(counters, organization)
        is_known = True
    except store.CounterStoreDown:
        stands, is_known = [Stand(place, None) for place in places], False
        jobs, shown, decisions = [], [], {}
    keys = _keys(organization, {one.key for one in shown} | {one.key for one in places if one.key})
    uses = [_use(one, keys, at) for one in stands]
    running = _running(shown, decisions, keys, names_gateways, at)
    return Now(at, is_known, uses, running, len(jobs), refused(organization, at=at))


def refused(organization: Organization, *, at: datetime) -> list[Refused]:
    """Count what was refused in the last hour by code and key, the most frequent first; exact, of known keys.

    Which limits refused is known of the refusals that are kept whole.
    """
    within = DecisionMinute.objects.filter(organization=organization, minute__gt=at - HOUR, minute__lte=at)
    counted = within.exclude(code=Code.VALID).order_by().values_list("code", "key").annotate(calls=Sum("calls"))
    rows = [(code, key, calls) for code, key, calls in counted]
    keys, limits = _keys(organization, {key for _, key, _ in rows if key}), _limits(organization, at)
    found = [
        Refused(code, MEANINGS[Code(code)].message, ", ".join(limits.get((code, key), ())), keys.get(key), calls)
        for code, key, calls in rows
    ]
    return sorted(found, key=lambda one: (-one.calls, one.code))


def _limits(organization: Organization, at: datetime) -> Mapping[tuple[str, int | None], Sequence[str]]:
    """Names of the limits that refused, by code and key, the most frequent first."""
    kept = Refusal.objects.filter(organization=organization, at__gt=at - HOUR, at__lte=at, is_look_up=False)
    names: dict[tuple[str, int | None], Counter[str]] = defaultdict(Counter)
    for code, key, limits in kept.order_by("-at").values_list("code", "key", "limits")[:_MOST_REFUSALS]:
        names[code, key].update(limit["name"] for limit in limits if limit.get("refused"))
    return {place: [name for name, _ in counted.most_common()] for place, counted in names.items()}


def _fetch_counts(counters: store.Store, organization: Organization) -> None:
    """Have what was counted written down, where nobody has a moment ago."""
    if counters.ask("SET", f"{{{organization.pk}}}:looked-at", "1", "NX", "PX", COUNTED_MS):
        freshness.refresh(organization.pk)


def _keys(organization: Organization, ids: set[int]) -> dict[Any, ApiKey]:
    return ApiKey.objects.filter(organization=organization).in_bulk(ids)


def _use(stand: Stand, keys: Mapping[Any, ApiKey], at: datetime) -> Use:
    place = stand.place
    of = place.limit.room if place.limit.kind == "rate" else place.limit.limit
    return Use(place.words, keys.get(place.key), stand.used, of, _note(place, stand, at))


def _note(place: Place, stand: Stand, at: datetime) -> str:
    limit = place.limit
    mode = "" if limit.blocks or limit.kind == "reserved" else ", only warns"
    if limit.kind == "rate":
        free = f", all free again in {_seconds(stand.free_us)}" if stand.free_us >= _WORTH_TELLING_US else ""
        return f"burst, at {limit.limit:,} {place.unit}{free}{mode}"
    if limit.kind != "window":
        return f"running now{mode}"
    window = limit.window_at(at)
    over = f", {limit.overage:,} more allowed" if limit.overage else ""
    begins = f"begins anew in {span(window[1] - at)}" if window and limit.window != "term" else "in all"
    return f"{begins}{over}{mode}" if stand.used is not None else f"counted with the next call, {begins}{over}{mode}"


def _seconds(microseconds: int) -> str:
    seconds = microseconds / 1_000_000
    return f"{seconds:.1f} s" if seconds < 10 else span(timedelta(seconds=seconds))


def _running(
    jobs: Sequence[Job], decisions: Mapping[str, str], keys: Mapping[Any, ApiKey], names_gateways: bool, at: datetime
) -> list[Running]:
    ids = {job.gateway for job in jobs}
    named = dict(GatewayCredential.objects.filter(pk__in=ids).values_list("pk", "name" if names_gateways else "uid"))
    return [
        Running(
            job,
            keys.get(job.key),
            named.get(job.gateway, ""),
            _length(at - job.began_at),
            _length(job.ends_at - at),
            # Without a request id a job is known by its decision.
            decisions.get(job.id, job.id),
            job.id in decisions or at - job.began_at < _SURELY_REMEMBERED,
        )
        for job in jobs
    ]


def _length(length: timedelta) -> str:
    """Write a length of time, up to an hour to the second: that is what makes it live."""
    minutes, seconds = divmod(max(0, int(length.total_seconds())), 60)
    if minutes >= 60:
        return span(length)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
