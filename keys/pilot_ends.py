"""What a later end of a pilot leaves behind or goes beyond: keys that end sooner, and the policy."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from keys import pilots
from keys.forms import LATEST
from keys.models import ApiKey, Pilot
from orgs.models import Staff
from orgs.policy import Permission


@dataclass(frozen=True)
class Later:
    """An end that the pilot may get: `keys` end before it; `days` in all, where that is beyond the policy."""

    last: date
    is_chosen: bool
    keys: list[ApiKey]
    days: int | None

    @property
    def beyond(self) -> str:
        """What is beyond the policy, in a sentence; nothing where nothing is."""
        return f"{self.days} days in all; the policy allows {pilots.POLICY_LENGTH.days}." if self.days else ""


def later(pilot: Pilot, *, chosen: date | None, user: Staff, at: datetime) -> Later:
    """Look at the last day that was chosen; before one is, at the farthest that the policy allows, or a month more."""
    farthest = max(pilot.starts_at + pilots.POLICY_LENGTH, pilot.ends_at + pilots.USUAL_LENGTH)
    ends_at = end_of(chosen, pilot) if chosen else farthest
    last = (ends_at.astimezone(pilot.organization.zone) - timedelta(microseconds=1)).date()
    length = ends_at - pilot.starts_at
    beyond = chosen is not None and length > pilots.POLICY_LENGTH
    keys = ApiKey.objects.for_user(user, Permission.KEY_SEE).filter(organization=pilot.organization)
    ending = keys.exclude(state=ApiKey.State.REVOKED).filter(expires_at__gt=at, expires_at__lt=ends_at)
    in_order = list(ending.order_by("expires_at", "pk"))
    return Later(last, chosen is not None, in_order, -(-length // timedelta(days=1)) if beyond else None)


def read(said: str, *, at: datetime) -> date | None:
    """The last day that somebody chose, as 2026-12-24; None where it is no day from now on."""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return day if at.date() <= day <= LATEST else None


def end_of(day: date, pilot: Pilot) -> datetime:
    """The instant after the day on the organization's clock."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=pilot.organization.zone)


def policy_end(pilot: Pilot) -> date:
    """The last whole day that the policy allows."""
    return (pilot.starts_at + pilots.POLICY_LENGTH).astimezone(pilot.organization.zone).date() - timedelta(days=1)
