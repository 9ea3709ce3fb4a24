"""What a change of a key would have refused: the calls of the last day, by caller, had it held then already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BooleanField, F, Max, QuerySet, Sum
from django.db.models.expressions import RawSQL
from django.utils import timezone

from keys import asks, freshness
from keys.models import ApiKey, KeySecret, SecretHour, SecretUse

LENGTH = timedelta(hours=24)
MOST_CALLERS = 50


@dataclass(frozen=True)
class Caller:
    """Who called: an address with an agent, whichever API versions it calls.

    `address` is None where the gateway sent none. `last_at` is None where the hour alone is known.
    """

    address: str | None
    agent: str
    api_versions: str
    calls: int
    last_hour: datetime
    last_at: datetime | None = None


@dataclass(frozen=True)
class DryRun:
    """Calls that were admitted from `since` on, a full hour, and would not have been; the busiest callers first.

    `last_hour` is the one in which such a call came last.
    """

    change: str
    since: datetime
    at: datetime
    calls: int = 0
    last_hour: datetime | None = None
    callers_in_all: int = 0
    callers: list[Caller] = field(default_factory=list)

    @property
    def more(self) -> int:
        """How many callers are not listed."""
        return self.callers_in_all - len(self.callers)

    @property
    def sentence(self) -> str:
        if not self.calls:
            return f"{self.change} would have refused nothing since {self.since:%-d %b, %H:%M} UTC"
        calls = f"{self.calls:,} call{'s' if self.calls > 1 else ''}"
        callers = f"{self.callers_in_all:,} caller{'s' if self.callers_in_all > 1 else ''}"
        return f"{self.change} would have refused {calls} of {callers} since {self.since:%-d %b, %H:%M} UTC"


def of_pausing(key: ApiKey, at: datetime, *, doing: str = "Pausing") -> DryRun:
    """Return what pausing, revoking or letting expire would have refused: every call. `doing` says which."""
    return _run(f"{doing} {key}", _hours(key, at), key, at)


def up_to_now(key: ApiKey, *, doing: str) -> DryRun | None:
    """Return what refusing every call from now on would have refused; None where that is not known to the minute."""
    is_fresh = freshness.refresh(key.organization_id)
    return of_pausing(key, timezone.now(), doing=doing) if is_fresh else None


def of_networks(key: ApiKey, networks: Sequence[str], at: datetime) -> DryRun:
    """Return what this allow-list would have refused: calls from elsewhere and, with any network, without address.

    Raises ValueError where a text is no network.
    """
    texts = [str(asks.network(text)) for text in networks]
    hours = _hours(key, at)
    outside = _outside(hours, texts) if texts else hours.none()
    named = ", ".join(texts[:3]) + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")
    return _run(f"Allowing {key} from {named} alone" if texts else f"Allowing {key} from anywhere", outside, key, at)


def of_ending_overlap(key: ApiKey, at: datetime) -> DryRun:
    """Return what ending the overlap would have refused: every call with the old secret."""
    old = KeySecret.objects.filter(key=key, state=KeySecret.State.OVERLAP)
    return _run(f"Ending the old secret of {key}", _hours(key, at).filter(secret__in=old), key, at)


def _hours(key: ApiKey, at: datetime) -> QuerySet[SecretHour]:
    return SecretHour.objects.filter(secret__key=key, hour__gte=_since(at), hour__lte=at, admitted__gt=0)


def _outside(hours: QuerySet[SecretHour], networks: Sequence[str]) -> QuerySet[SecretHour]:
    inside = RawSQL(
        "coalesce(keys_secrethour.address <<= ANY(%s::inet[]), false)", [list(networks)], output_field=BooleanField()
    )
    return hours.annotate(inside=inside).filter(inside=False)


def _run(change: str, hours: QuerySet[SecretHour], key: ApiKey, at: datetime) -> DryRun:
    by_caller = hours.order_by().values("address", "user_agent")
    versions = ArrayAgg("api_version", distinct=True, order_by="api_version")
    grouped = by_caller.annotate(calls=Sum("admitted"), last_hour=Max("hour"), versions=versions)
    busiest = list(grouped.order_by("-calls", F("address").asc(nulls_first=True), "user_agent")[:MOST_CALLERS])
    known = _last_times(key)
    total = hours.aggregate(calls=Sum("admitted"), last_hour=Max("hour"))
    return DryRun(
        change=change,
        since=_since(at),
        at=at,
        calls=total["calls"] or 0,
        last_hour=total["last_hour"],
        callers_in_all=len(busiest) if len(busiest) < MOST_CALLERS else grouped.count(),
        callers=[_caller(row, known) for row in busiest],
    )


def _caller(row: Mapping[str, Any], known: dict[tuple[Any, ...], datetime]) -> Caller:
    who = (row["address"], row["user_agent"])
    last_at = known.get(who)
    # Of the key's last caller alone the time itself is kept; it may be of another secret.
    matches = last_at is not None and row["last_hour"] <= last_at < row["last_hour"] + timedelta(hours=1)
    return Caller(*who, ", ".join(row["versions"]), row["calls"], row["last_hour"], last_at if matches else None)


def _last_times(key: ApiKey) -> dict[tuple[Any, ...], datetime]:
    uses = SecretUse.objects.filter(secret__key=key).order_by("last_used_at")
    return {(use.address, use.user_agent): use.last_used_at for use in uses}


def _since(at: datetime) -> datetime:
    return (at - LENGTH).replace(minute=0, second=0, microsecond=0)
