"""From the old secret to the new one: who called with which of them, by the hour. Read after `freshness.refresh`.

A caller is an address with an agent, whichever API versions it calls. A refused call is no use of a secret.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, Max, Q, QuerySet, Sum
from django.utils import timezone

from keys import safety
from keys.models import KeySecret, SecretHour, SecretUse
from keys.rotation import Standing
from keys.safety import Caller, Verdict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Beyond these a page is no longer read; the verdict still counts the calls of all.
MOST_CALLERS = 100

Who = tuple[str | None, str]


class Row(NamedTuple):
    """One caller of the old secret, with both secrets' calls in the last 24 hours."""

    caller: Caller
    api_versions: str
    old_day: int
    new_day: int
    is_still: bool


class Cutover(NamedTuple):
    """How far the move to the new secret is. `moved` is its share of the last 24 hours; None where nobody called."""

    verdict: Verdict
    rows: Sequence[Row]
    callers: int
    old_day: int
    new_day: int

    @property
    def moved(self) -> float | None:
        total = self.old_day + self.new_day
        return self.new_day / total if total else None


def of(standing: Standing, *, now: datetime) -> Cutover | None:
    """Say how far the move is; None where no old secret works."""
    old, new = standing.old, standing.current
    if old is None:
        return None
    began = old.overlap_began_at or (new or old).began_at
    hours = hours_of(old, since=began - safety.HISTORY)
    callers, versions = _callers(old, new, since=began - safety.HISTORY, now=now)
    verdict = safety.judge(hours, callers, last_at=_last_at(old, hours, now=now), began=began, now=now)
    days = [_day(each, now=now) if each else {} for each in (old, new)]
    still = {(each.address, each.user_agent) for each in verdict.still}
    rows = [
        Row(each, versions[who], days[0].get(who, 0), days[1].get(who, 0), who in still)
        for each in callers
        for who in [(each.address, each.user_agent)]
    ]
    totals = [sum(day.values()) for day in days]
    return Cutover(verdict, rows, _count(old, since=began - safety.HISTORY), *totals)


def hours_of(secret: KeySecret, *, since: datetime) -> dict[datetime, int]:
    """Return the admitted calls with a secret in each hour that had any."""
    rows = secret.hours.filter(hour__gte=_hour_of(since), admitted__gt=0).order_by("hour")
    return dict(rows.values_list("hour").annotate(calls=Sum("admitted")))


def calls_of_day(secret: KeySecret | None) -> int:
    """Return the admitted calls with a secret in the last 24 hours, this one included."""
    return sum(_day(secret, now=timezone.now()).values()) if secret else 0


def by_hour(secrets: Iterable[KeySecret], *, since: datetime) -> dict[int, dict[datetime, int]]:
    """Return the calls of each hour, refused ones too, by the id of the secret."""
    found: dict[int, dict[datetime, int]] = defaultdict(dict)
    rows = SecretHour.objects.filter(secret__in=list(secrets), hour__gte=_hour_of(since)).order_by("hour")
    for secret_id, hour, calls in rows.values_list("secret_id", "hour").annotate(
        calls=Sum(F("admitted") + F("refused"))
    ):
        found[secret_id][hour] = calls
    return found


def _callers(
    old: KeySecret, new: KeySecret | None, *, since: datetime, now: datetime
) -> tuple[list[Caller], dict[Who, str]]:
    """Return who called with the old secret, the latest first, and with which API versions."""
    found = _by_caller(old, since=since)
    named = found.annotate(last=Max("hour"), versions=ArrayAgg("api_version", distinct=True, order_by="api_version"))
    latest = list(named.order_by("-last", "address", "user_agent")[:MOST_CALLERS])
    hours: dict[Who, dict[datetime, int]] = defaultdict(dict)
    addresses = [row["address"] for row in latest]
    mine = Q(address__in=addresses) | Q(address=None)
    for row in _by_caller(old, "hour", since=since).filter(mine).annotate(calls=Sum("admitted")):
        hours[_who(row)][row["hour"]] = row["calls"]
    seen = _new_callers(new, mine)
    use = getattr(old, "use", None)
    callers = [Caller(*_who(row), hours[_who(row)], _exact(use, row, now=now), seen.get(_who(row))) for row in latest]
    return callers, {_who(row): ", ".join(row["versions"]) for row in latest}


def _new_callers(new: KeySecret | None, mine: Q) -> dict[Who, datetime]:
    if new is None:
        return {}
    rows = _by_caller(new, since=new.began_at).filter(mine).annotate(last=Max("hour"))
    return {_who(row): row["last"] for row in rows}


def _day(secret: KeySecret, *, now: datetime) -> dict[Who, int]:
    rows = _by_caller(secret, since=now - DAY + HOUR).annotate(calls=Sum("admitted"))
    return {_who(row): row["calls"] for row in rows}


def _by_caller(secret: KeySecret, *also: str, since: datetime) -> QuerySet[SecretHour, dict[str, Any]]:
    rows = secret.hours.filter(hour__gte=_hour_of(since), admitted__gt=0).order_by()
    return rows.values("address", "user_agent", *also)


def _count(secret: KeySecret, *, since: datetime) -> int:
    return _by_caller(secret, since=since).distinct().count()


def _exact(use: SecretUse | None, row: Mapping[str, Any], *, now: datetime) -> datetime:
    """When a caller was last there: to the second if it was the last of all, else at the end of its last hour."""
    last: datetime = row["last"]
    if use is not None and (use.address, use.user_agent) == _who(row) and use.last_used_at >= last:
        return use.last_used_at
    return min(now, last + HOUR)


def _last_at(secret: KeySecret, hours: Mapping[datetime, int], *, now: datetime) -> datetime | None:
    use, last = getattr(secret, "use", None), max(hours, default=None)
    if use is not None and (last is None or use.last_used_at >= last):
        return use.last_used_at
    return min(now, last + HOUR) if last else None


def _who(row: Mapping[str, Any]) -> Who:
    return row["address"], row["user_agent"]


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
