"""What a bench prints of its samples: a row for each thing measured, and what may have spoiled them."""

import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from bench import cpu, figures
from bench.sampling import Sample, SampleFailed
from bench.stack import StackError

# A starved machine makes some calls wait too long, which is told; with more of them, something else was measured.
MOST_UNEXPECTED = 0.02


class Spoiled(Exception):
    """Too many answers were not what they had to be; the message says of what."""


class Measured(Protocol):
    """Whatever says who used the processor meanwhile."""

    @property
    def shares(self) -> cpu.Shares: ...


One = TypeVar("One")


def median(samples: Sequence[One], of: Callable[[One], float | None]) -> float | None:
    """Return the median over the rounds; None where the system does not tell."""
    values = [value for value in map(of, samples) if value is not None]
    return statistics.median(values) if values else None


def rate(samples: Sequence[Sample]) -> float:
    """Return the median of answers a second."""
    return statistics.median(sample.rate for sample in samples)


def cell(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def usage(samples: Sequence[Sample]) -> list[str]:
    """Return the cells that say who used the processor: µs an answer of server and stores, load's core, others."""
    return [
        cell(median(samples, lambda sample: sample.server_us)),
        cell(median(samples, lambda sample: sample.stores_us)),
        share(median(samples, lambda sample: sample.shares.server)),
        share(median(samples, lambda sample: sample.result.share)),
        share(median(samples, lambda sample: sample.shares.foreign)),
    ]


USAGE = ("server CPU µs", "stores CPU µs", "server's share of a core", "load's share of a core", "foreign CPU")


def load_bound(samples: Sequence[Sample]) -> str:
    """Say whether the load itself was the bottleneck, and where foreign work took part of the machine."""
    bound = sum(sample.was_load_bound for sample in samples)
    most = max(sample.result.share for sample in samples)
    if bound:
        return f"THE LOAD WAS THE BOTTLENECK in {bound} of {len(samples)} samples: their rates are too low."
    return f"The load was not the bottleneck in any of {len(samples)} samples: at most {most:.0%} of its core."


def foreign(samples: Sequence[Measured]) -> str:
    """Say how much of the machine programs took that are not part of the bench."""
    values = [sample.shares.foreign for sample in samples if sample.shares.foreign is not None]
    if not values:
        return "This system does not tell what other programs took of it."
    middle = statistics.median(values)
    return f"Other programs took {min(values):.0%} to {max(values):.0%} of the machine, median {middle:.0%}."


def check(name: str, samples: Sequence[Sample]) -> None:
    """Raise Spoiled where too many answers were no 200, or said something else than they had to."""
    total, wrong = sum(one.result.answers for one in samples), sum(one.result.unexpected for one in samples)
    if wrong > total * MOST_UNEXPECTED:
        statuses = [one.result.statuses for one in samples]
        raise Spoiled(f"{name}: {wrong} of {total} answers were not as expected. Statuses by round: {statuses}")


def wrong(samples: Sequence[Sample]) -> str:
    """Return how many answers were not as expected, of how many; other statuses than 200 by name."""
    statuses: Counter[str] = Counter()
    for sample in samples:
        statuses.update(sample.result.statuses)
    others = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()) if status != "200")
    total = f"{sum(one.result.unexpected for one in samples)} of {statuses.total()}"
    return f"{total} ({others})" if others else total


def spread(samples: Sequence[Sample]) -> str:
    """Return the rate of every round."""
    return figures.rounds([sample.rate for sample in samples])


def or_one_line(bench: Callable[[], None]) -> None:
    """Run a bench; what keeps it from its figures is one line, and a status other than zero."""
    try:
        bench()
    except (Spoiled, SampleFailed, StackError) as error:
        sys.exit(f"No figures: {error}")
