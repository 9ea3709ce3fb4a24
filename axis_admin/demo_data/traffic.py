"""What the studios have generated: the same on every machine, but for the time that it is now."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from axis_admin.demo_data import rhythm
from axis_admin.demo_data.credentials import Held
from axis_admin.demo_data.studios import KeySketch, Studio
from keys.models import ApiKey
from metering.history import Past

SEED = 20_11
# Each value with the part of all chances that end with it.
RESOLUTIONS = (("1K", 0.22), ("2K", 0.82), ("4K", 1.0))
ASPECT_RATIOS = (("16:9", 0.46), ("1:1", 0.66), ("9:16", 0.82), ("4:3", 0.92), ("21:9", 1.0))
CAUSES = (("engine", 0.02), ("timeout", 0.05), ("content", 0.72), ("client", 1.0))
TIERS = {
    "enterprise": (("dedicated", 0.7), ("shared", 0.96), ("overage", 1.0)),
    "standard": (("shared", 0.94), ("overage", 1.0)),
    "pilot": (("pilot", 1.0),),
}
SANDBOX = (("sandbox", 1.0),)
FAILING = 0.007
# One bad afternoon, on a Wednesday of the week before, so that there is something to find.
INCIDENT_WEEKDAY = 2
INCIDENT_AGE = timedelta(days=6)
INCIDENT_HOURS = range(13, 16)
INCIDENT_FAILING = 0.16
LARGE = "4K"
USUAL_MS = {"v1": 2_900, "v2": 8_400}
# What a v2 generation spends its time on, in hundredths; gateways tell it since some weeks.
STAGES = {"anchor": 11, "interpretation": 20, "render": 69}
STAGES_SINCE = timedelta(days=75)
# When v2 had half of its present share.
V2_HALF_DAYS = 300

Shares = Sequence[tuple[str, float]]


def of(held: Sequence[Held], *, now: datetime) -> Iterator[Past]:
    """Yield all that the keys have generated, key after key."""
    for one in held:
        if one.sketch.generates:
            yield from _Caller.about(one, now=now).generations()


def incident_day(now: datetime) -> date:
    """Return the day of the bad afternoon."""
    latest = (now - INCIDENT_AGE).date()
    return latest - timedelta(days=(latest.weekday() - INCIDENT_WEEKDAY) % 7)


@dataclass(frozen=True)
class _Caller:
    """A key at work: what each of its generations needs to know."""

    chance: Random
    studio: Studio
    sketch: KeySketch
    key: ApiKey
    tiers: Shares
    now: datetime
    incident: date
    drawn: dict[datetime, str] = field(default_factory=dict)

    @classmethod
    def about(cls, held: Held, *, now: datetime) -> "_Caller":
        studio, sketch, key = held
        chance = Random(f"{SEED}/{studio.slug}/{sketch.name}")  # noqa: S311 (invented, and the same each time)
        tiers = SANDBOX if sketch.environment == "test" else TIERS[studio.plan]
        return cls(chance, studio, sketch, key, tiers, now, incident_day(now))

    def generations(self) -> Iterator[Past]:
        sketch = self.sketch
        times = rhythm.moments(
            self.chance,
            daily=_daily(self.studio, sketch),
            growth=self.studio.growth,
            zone=ZoneInfo(self.studio.zone),
            since=self.now - timedelta(days=min(sketch.since, rhythm.HISTORY_DAYS)),
            until=self.now - timedelta(days=sketch.until, minutes=0 if sketch.until else 1),
            now=self.now,
        )
        return map(self._past, times)

    def _past(self, at: datetime) -> Past:
        chance, version, cause = self.chance, self._version(at), self._cause(at)
        resolution = _pick(chance, RESOLUTIONS)
        slowness = math.exp(chance.gauss(0, 0.3)) * (1.7 if resolution == LARGE else 1)
        duration_ms = int(USUAL_MS[version] * slowness)
        return Past(
            organization_id=self.key.organization_id,
            key_id=self.key.pk,
            environment=self.sketch.environment,
            api_version=version,
            outcome="failed" if cause else "succeeded",
            units=2 if resolution == LARGE else 1,
            occurred_at=at,
            resolution=resolution,
            aspect_ratio=_pick(chance, ASPECT_RATIOS),
            service_tier=self._tier(at),
            failure_cause=cause,
            duration_ms=duration_ms,
            stages=self._stages(at, version, duration_ms),
        )

    def _stages(self, at: datetime, version: str, duration_ms: int) -> dict[str, int] | None:
        if version != "v2" or at < self.now - STAGES_SINCE:
            return None
        return {stage: duration_ms * part // 100 for stage, part in STAGES.items()}

    def _tier(self, at: datetime) -> str:
        """The same for an hour: overage is what a busy hour runs into."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        if hour not in self.drawn:
            self.drawn[hour] = _pick(self.chance, self.tiers)
        return self.drawn[hour]

    def _version(self, at: datetime) -> str:
        if len(self.sketch.versions) == 1:
            return self.sketch.versions[0]
        share = self.studio.v2_share * 0.5 ** ((self.now - at).days / V2_HALF_DAYS)
        return "v2" if self.chance.random() < share else "v1"

    def _cause(self, at: datetime) -> str:
        """Why it failed; empty for one that did not."""
        amiss = at.hour in INCIDENT_HOURS and at.date() == self.incident
        if self.chance.random() >= (INCIDENT_FAILING if amiss else FAILING):
            return ""
        return "engine" if amiss else _pick(self.chance, CAUSES)


def _daily(studio: Studio, sketch: KeySketch) -> float:
    """The key's part of its studio's day. Keys that have ended shared earlier days with those that live on."""
    beside = [one for one in studio.keys if one.since > sketch.until and sketch.since > one.until]
    return studio.daily * sketch.share / sum(one.share for one in beside)


def _pick(chance: Random, shares: Shares) -> str:
    drawn = chance.random()
    return next(value for value, share in shares if drawn < share)
