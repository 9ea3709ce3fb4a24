"""What a limit is about, apart from whose it is and how much it allows: of each slot one rule holds at a time. Pure."""

from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 3_600, 86_400
_PERIODS = {1: "a second", MINUTE: "a minute", HOUR: "an hour", DAY: "a day"}
# "day" is a calendar one: a rate of a day is of any 24 hours, and has a name of its own.
_PERIOD_NAMES = {1: "second", MINUTE: "minute", HOUR: "hour", DAY: "24h"}
_WINDOWS = {"day": "a day", "month": "a month", "term": "in all"}
_COUNTED = {"requests": "requests", "generations": "generations", "units": "cost units"}


@dataclass(frozen=True)
class Slot:
    """A kind of limit over what it counts, for one API version or (None) for any; with its period or its window."""

    kind: str
    dimension: str = "requests"
    api_version: str | None = None
    period_s: int | None = None
    window: str | None = None

    @property
    def label(self) -> str:
        """What it limits, such as "v2 requests", "Running jobs" or "Generations, v1"."""
        if self.kind == "rate":
            return f"{self.api_version or 'Any'} {self.counted}"
        return f"{self.counted.capitalize()}{f', {self.api_version}' if self.api_version else ''}"

    @property
    def counted(self) -> str:
        """What it counts: requests, running jobs, …"""
        return "running jobs" if self.kind == "concurrency" else _COUNTED[self.dimension]

    @property
    def unit(self) -> str:
        """What a number of it is followed by: a minute, a month, jobs."""
        if self.kind == "concurrency":
            return "jobs"
        if self.kind == "window":
            return _WINDOWS[self.window or ""]
        return _PERIODS.get(self.period_s or 0, f"in {self.period_s} s")

    @property
    def words(self) -> str:
        """The slot in one phrase, such as "v2 requests a minute"."""
        return self.label if self.kind == "concurrency" else f"{self.label} {self.unit}"

    @property
    def usual_name(self) -> str:
        """The name that its rule has in headers and answers unless another is given, such as v2-minute."""
        about = {"rate": _PERIOD_NAMES.get(self.period_s or 0, f"{self.period_s}s"), "concurrency": "running-jobs"}
        what = about.get(self.kind) or f"{self.dimension}-{self.window}"
        if self.kind == "rate" and self.dimension != "requests":
            what = f"{self.dimension}-{what}"
        return f"{self.api_version}-{what}" if self.api_version else what

    @property
    def order(self) -> tuple[int, str, str, int, str]:
        """Sort lists of slots by this: rates first, then running jobs, then windows."""
        kinds = ("rate", "concurrency", "window")
        version = self.api_version or "~"
        return kinds.index(self.kind), self.dimension, version, self.period_s or 0, self.window or ""

    def a_minute(self, limit: int) -> float:
        """Return a rate as so many a minute; ValueError for what is no rate."""
        if not self.period_s:
            raise ValueError(f"{self.words} is no rate")
        return limit * MINUTE / self.period_s
