"""Whether we have kept what we promised: attainment, error budget and p95 against an objective. Pure.

Attainment is what succeeded of all that counts: what succeeded, what failed by us, and what we had no room for.
Content, the client and the customer's own limits count neither way.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

from metering import histograms
from metering.histograms import Quantile
from metering.rating import SlaCredit
from orgs.objectives import Objective

STAGES = ("anchor", "interpretation", "render")
P95 = 0.95
HUNDRED = 100
# A percentage has so many digits, and more only where a promise has.
DIGITS = 2


@dataclass
class Measured:
    """What happened in some time to the live keys of an organization, of one API version."""

    succeeded: int = 0
    bad: int = 0
    excluded: int = 0
    refused: int = 0
    durations: Counter[int] = field(default_factory=Counter)
    stages: dict[str, Counter[int]] = field(default_factory=dict)

    def merge(self, other: "Measured") -> None:
        """Count everything that the other one holds."""
        self.succeeded += other.succeeded
        self.bad += other.bad
        self.excluded += other.excluded
        self.refused += other.refused
        self.durations += other.durations
        for stage, counted in other.stages.items():
            self.stages[stage] = self.stages.get(stage, Counter()) + counted

    @property
    def missed(self) -> int:
        """What failed or was refused by us."""
        return self.bad + self.refused

    @property
    def counted(self) -> int:
        return self.succeeded + self.missed

    @property
    def attainment(self) -> Fraction | None:
        """The part of what counts that succeeded; None where nothing counts."""
        return Fraction(self.succeeded, self.counted) if self.counted > 0 else None

    @property
    def p95(self) -> Quantile | None:
        return histograms.quantile(self.durations, P95)

    def p95_of(self, stage: str) -> Quantile | None:
        """Return the p95 of a stage; None where it was not reported."""
        return histograms.quantile(self.stages.get(stage, Counter()), P95)


@dataclass(frozen=True)
class Budget:
    """How much may go wrong of `counted` under an objective, and how much has. `allowed` is whole requests."""

    allowed: int
    used: int

    @property
    def left(self) -> int:
        """What may still go wrong; below zero once more has than was promised."""
        return self.allowed - self.used

    @property
    def part_left(self) -> Fraction:
        """`left` of `allowed`, 0 to 1."""
        return max(Fraction(0), Fraction(self.left, self.allowed)) if self.allowed else Fraction(int(self.left >= 0))


def total(parts: Iterable[Measured]) -> Measured:
    """Add up the parts."""
    whole = Measured()
    for part in parts:
        whole.merge(part)
    return whole


def budget(measured: Measured, objective: Objective, *, expected: int | None = None) -> Budget | None:
    """Return the error budget; of `expected` requests where the time is not over. None without an objective."""
    if objective.availability is None:
        return None
    of = max(measured.counted, expected or 0)
    allowed = Fraction(of) * (HUNDRED - Fraction(objective.availability)) / HUNDRED
    return Budget(int(allowed), measured.missed)


def is_kept(measured: Measured, objective: Objective) -> bool | None:
    """Say whether the promised availability was reached; None where nothing is promised or nothing counts."""
    if objective.availability is None or measured.attainment is None:
        return None
    return measured.attainment * HUNDRED >= Fraction(objective.availability)


def is_fast(measured: Measured, objective: Objective) -> bool | None:
    """Say whether the promised p95 was kept; None where nothing is promised, or the bucket holds the promise itself."""
    p95 = measured.p95
    if objective.p95_ms is None or p95 is None:
        return None
    if p95.high <= objective.p95_ms:
        return True
    # More than `low`: where that is the promise already, it was broken.
    return False if p95.low >= objective.p95_ms else None


def percent(part: Fraction, digits: int = DIGITS) -> Decimal:
    """Return a part in percent, cut and not rounded: 99.90 is never said of what missed 99.9."""
    exact = Decimal(part.numerator) * HUNDRED / Decimal(part.denominator)
    return exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_DOWN)


def said(part: Fraction | None, objective: Objective) -> str:
    """Write an attainment with as many digits as its promise needs: `99.97%`, a dash where nothing counts."""
    if part is None:
        return "\u2013"
    promised = (objective.availability or Decimal(0)).normalize()
    digits = -int(promised.as_tuple().exponent)
    return f"{percent(part, max(DIGITS, digits))}%"


def expected(measured: Measured, elapsed: Fraction) -> int:
    """Return how much the whole time will count at this pace, of which that part has passed (0 < elapsed ≤ 1)."""
    return math.ceil(measured.counted / elapsed)


def deepest(attained: Fraction | None, tiers: Iterable[SlaCredit]) -> SlaCredit | None:
    """Return the lowest tier that the attainment stays below; None where it misses none, or nothing counts."""
    missed = [tier for tier in tiers if attained is not None and attained * HUNDRED < Fraction(tier.below)]
    return min(missed, key=lambda tier: tier.below, default=None)
