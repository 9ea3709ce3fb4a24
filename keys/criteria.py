"""What a pilot has to show: lines that people write, those with a target read as such. Pure: knows no database.

`2,000 generations`, `p95 under 12 s` and `98 % succeed` are measured; any other line a person ticks.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import TextChoices

MOST, LONGEST = 12, 200
LARGEST = 10**12
# Hundredths of a percent.
WHOLE = 10_000


class Kind(TextChoices):
    """What a line is about; a target is in generations, in milliseconds, or in hundredths of a percent."""

    GENERATIONS = "generations", "Generations"
    LATENCY = "latency", "95th percentile of the duration"
    SUCCESS = "success", "Share that succeeds"
    WORDS = "words", "Judged by a person"


@dataclass(frozen=True)
class Criterion:
    """One line: a target of its kind, or words."""

    kind: Kind
    target: int | None = None
    text: str = ""

    def __str__(self) -> str:
        return self.text if self.target is None else _WRITTEN[self.kind](self.target)


@dataclass(frozen=True)
class Measured:
    """What a pilot has generated so far, live keys alone; no `p95_ms` where nothing said how long it took."""

    succeeded: int = 0
    failed: int = 0
    p95_ms: int | None = None

    @property
    def attempts(self) -> int:
        return self.succeeded + self.failed


@dataclass(frozen=True)
class Progress:
    """How far a line is: `said` in words, `percent` of the way where there is one, 100 at the most."""

    said: str
    is_met: bool
    percent: float | None = None


class Unreadable(ValueError):
    """A line that cannot be taken; the text says why."""


def read(text: str) -> list[Criterion]:
    """Return the lines of a text, the same line once; Unreadable for too many, too long or impossible ones."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    found = list(dict.fromkeys(_line(line) for line in lines if line))
    if len(found) > MOST:
        raise Unreadable(f"At most {MOST} lines; these are {len(found)}.")
    return found


def written(criteria: Iterable[Criterion]) -> str:
    """Return the text that reads as these."""
    return "\n".join(map(str, criteria))


def progress(criterion: Criterion, measured: Measured, *, is_ticked: bool = False) -> Progress:
    """Say how far a line is; words are met where a person has ticked them."""
    if criterion.target is None:
        return Progress("ticked" if is_ticked else "not ticked yet", is_ticked)
    return _PROGRESS[criterion.kind](criterion.target, measured)


def met(all_of_them: Sequence[Progress]) -> str:
    """Say how many are met: `2 of 3 met`."""
    return f"{sum(one.is_met for one in all_of_them)} of {len(all_of_them)} met"


_GENERATIONS = re.compile(r"(?:at least )?(\d[\d,']*) (?:succeeded )?generations?\.?", re.I)
_LATENCY = re.compile(r"p95 (?:under|below|at most|within|<|<=|≤) ?(\d+(?:\.\d+)?) ?(ms|s|sec|seconds)\.?", re.I)
_SUCCESS = re.compile(r"(?:at least )?(\d+(?:\.\d{1,2})?) ?% (?:succeed|succeeded|success|success rate)\.?", re.I)


def _line(line: str) -> Criterion:
    if len(line) > LONGEST:
        raise Unreadable(f"A line has at most {LONGEST} characters; “{line[:40]}…” has {len(line)}.")
    for kind, pattern, target in _PATTERNS:
        if found := pattern.fullmatch(line):
            return _checked(Criterion(kind, target(found)), line)
    return Criterion(Kind.WORDS, text=line)


def _checked(criterion: Criterion, line: str) -> Criterion:
    most = WHOLE if criterion.kind == Kind.SUCCESS else LARGEST
    if criterion.target is None or not 0 < criterion.target <= most:
        raise Unreadable(f"“{line}” is no target that can be reached.")
    return criterion


def _generations(found: re.Match[str]) -> int:
    return int(re.sub(r"\D", "", found[1])[:16])


def _latency(found: re.Match[str]) -> int:
    return round(float(found[1]) * (1 if found[2].lower() == "ms" else 1_000))


def _success(found: re.Match[str]) -> int:
    return round(float(found[1]) * 100)


_PATTERNS: tuple[tuple[Kind, re.Pattern[str], Callable[[re.Match[str]], int]], ...] = (
    (Kind.GENERATIONS, _GENERATIONS, _generations),
    (Kind.LATENCY, _LATENCY, _latency),
    (Kind.SUCCESS, _SUCCESS, _success),
)


def _share(target: int) -> str:
    return f"{target / 100:g} %"


def seconds(milliseconds: int) -> str:
    """Say a duration: `840 ms`, `12 s`, `12.35 s`."""
    return f"{milliseconds} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:.6g} s"


_WRITTEN: dict[Kind, Callable[[int], str]] = {
    Kind.GENERATIONS: lambda target: f"{target:,} generations",
    Kind.LATENCY: lambda target: f"p95 under {seconds(target)}",
    Kind.SUCCESS: lambda target: f"{_share(target)} succeed",
}


def _of_generations(target: int, measured: Measured) -> Progress:
    percent = min(measured.succeeded / target * 100, 100.0)
    return Progress(f"{measured.succeeded:,} of {target:,}", measured.succeeded >= target, percent)


def _of_latency(target: int, measured: Measured) -> Progress:
    if measured.p95_ms is None:
        return Progress("nothing measured yet", is_met=False)
    return Progress(f"{seconds(measured.p95_ms)} now", measured.p95_ms < target)


def _of_success(target: int, measured: Measured) -> Progress:
    if not measured.attempts:
        return Progress("nothing measured yet", is_met=False)
    # Rounded down, so that nothing is called met that is not.
    share = measured.succeeded * WHOLE // measured.attempts
    return Progress(f"{_share(share)} now, of {measured.attempts:,}", share >= target)


_PROGRESS: dict[Kind, Callable[[int, Measured], Progress]] = {
    Kind.GENERATIONS: _of_generations,
    Kind.LATENCY: _of_latency,
    Kind.SUCCESS: _of_success,
}
