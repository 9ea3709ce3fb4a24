"""Rotations in the middle: who called with the old secret, and who has moved to the new one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from django.db.models import Max, Min, Sum

from axis_admin.demo_data.credentials import Held
from axis_admin.demo_data.traffic import SEED
from keys.models import KeySecret, SecretHour, SecretUse
from keys.safety import HISTORY
from metering.models import UsageHour

HOUR = timedelta(hours=1)
FIRST_CALL = timedelta(minutes=42)


class Caller(NamedTuple):
    """A program of a studio: its part of the calls, and after how many hours it had moved; None where it has not."""

    share: float
    address: str
    agent: str
    moved_after: int | None


def dated(held: Sequence[Held], *, now: datetime) -> None:
    """Set the rotations back to when they were; within a transaction whose event names the keys."""
    for one in _rotating(held):
        old, new, began = one.first_secret, _successor(one), _began(one, now)
        KeySecret.objects.filter(pk=new.pk).update(created_at=began)
        until = began + timedelta(hours=one.sketch.overlap_hours)
        KeySecret.objects.filter(pk=old.pk).update(overlap_began_at=began, overlap_until=until)


def count(held: Sequence[Held], *, now: datetime) -> None:
    """Count who called with which secret since four weeks before the rotation."""
    for one in _rotating(held):
        began = _began(one, now)
        SecretHour.objects.filter(secret__key=one.key).delete()
        SecretHour.objects.bulk_create(_hours(one, began=began))
        _note_uses(one, began=began, now=now)


def _rotating(held: Sequence[Held]) -> Iterator[Held]:
    return (one for one in held if one.sketch.fate == "rotating")


def _began(one: Held, now: datetime) -> datetime:
    return now - timedelta(hours=one.sketch.rotated_hours)


def _successor(one: Held) -> KeySecret:
    return one.key.secrets.get(state=KeySecret.State.ACTIVE)


def _callers(one: Held) -> list[Caller]:
    """The main program, a second one, and a script that somebody forgot."""
    network = one.sketch.address.rpartition(".")[0]
    return [
        Caller(0.7, one.sketch.address, one.sketch.agent, 1),
        Caller(0.24, f"{network}.41", "python-requests/2.32.3", 6),
        Caller(0.06, f"{network}.22", "python-requests/2.31.0", one.sketch.straggler_hours),
    ]


def _hours(one: Held, *, began: datetime) -> Iterator[SecretHour]:
    chance = Random(f"{SEED}/cutover/{one.studio.slug}/{one.sketch.name}")  # noqa: S311 (invented, the same each time)
    old, new, callers = one.first_secret, _successor(one), _callers(one)
    made = UsageHour.objects.filter(key=one.key, hour__gte=began - HISTORY).order_by("hour", "api_version")
    for hour, version, calls in made.values_list("hour", "api_version").annotate(calls=Sum("generations")):
        drawn = Counter(chance.choices(callers, [caller.share for caller in callers], k=calls))
        for caller, count in drawn.items():
            secret = new if _has_moved(caller, hour, began) else old
            yield SecretHour(
                secret=secret,
                hour=hour,
                api_version=version,
                address=caller.address,
                user_agent=caller.agent,
                admitted=count,
            )


def _has_moved(caller: Caller, hour: datetime, began: datetime) -> bool:
    return caller.moved_after is not None and hour >= began + caller.moved_after * HOUR


def _note_uses(one: Held, *, began: datetime, now: datetime) -> None:
    for secret, first in ((one.first_secret, None), (_successor(one), began + FIRST_CALL)):
        latest = secret.hours.order_by("-hour", "-admitted").first()
        if latest is None:
            continue
        found = secret.hours.aggregate(first=Min("hour"), last=Max("hour"))
        last_used_at = min(found["last"] + timedelta(minutes=49), now - timedelta(minutes=1))
        SecretUse.objects.update_or_create(
            secret=secret,
            defaults={"last_used_at": last_used_at, "address": latest.address, "user_agent": latest.user_agent},
            create_defaults={
                "first_used_at": min(first or found["first"], last_used_at),
                "last_used_at": last_used_at,
                "address": latest.address,
                "user_agent": latest.user_agent,
                "api_version": latest.api_version,
            },
        )
