"""What the gateway surface counts and measures; summed over its worker processes on METRICS_PORT.

To count costs more than most of what a call does. So calls and verdicts are put down as they come, and counted
together: once a second by the thread that reads the change feed, before a scrape of this process, and at its end.
"""

import os
import threading
import time
from bisect import bisect_left
from collections import Counter as Times
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.util import Finalize
from typing import Any, TypeVar

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, Metric
from prometheus_client.registry import Collector

from keys import tail
from keys.limits import running

PutDown = TypeVar("PutDown")

# So many are put down at most before they are counted, whoever is to do it.
MOST_PUT_DOWN = 4_096


class _BeforeScrape(Collector):
    """Tells nothing of its own; registered first, so that all others are asked after it."""

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        count_all()
        return ()


REGISTRY.register(_BeforeScrape())

# A verdict takes a statement and a script: what matters lies between a millisecond and the limiter's time-out.
SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

CALLS = Counter("axis_gateway_calls", "Calls by endpoint and status.", ["endpoint", "status"])
CALL_SECONDS = Histogram("axis_gateway_call_seconds", "How long a call took.", ["endpoint"], buckets=SECONDS)
IN_FLIGHT = Gauge("axis_gateway_calls_in_flight", "Calls being worked on.", multiprocess_mode="livesum")
VERDICTS = Counter("axis_validate_verdicts", "Verdicts by code.", ["code"])
IDENTITIES = Counter("axis_validate_identities", "Verdicts whose identity was not in memory.", ["source"])
BREAKER = Gauge(
    "axis_limiter_breaker_open", "Processes that leave the counter store alone just now.", multiprocess_mode="livesum"
)
DEGRADED = Counter("axis_validate_degraded", "Calls admitted uncounted while the counter store was down.")
UNCOUNTED = Counter(
    "axis_degraded_admissions", "Calls admitted uncounted by what became of them when the store was back.", ["outcome"]
)
UNSETTLED = Counter("axis_unsettled_batches", "Reports of which the counter store could not be told at once.")
STORE_ERRORS = Counter("axis_limiter_store_errors", "Calls for which the counter store did not answer in time.")
LEASES = Counter("axis_leases", "Leases of running jobs by what became of them.", ["event"])
GENERATIONS = Counter("axis_ingested_generations", "Reported generations by what became of them.", ["status"])
COUNTED_HERE = Counter("axis_batches_without_intake", "Batches that no intake server was there for.")
CONTROL_TOTALS = Counter("axis_control_totals", "Hours of which gateways have told what they counted.")
LEAKS = Counter("axis_reported_leaks", "Credentials that were reported as leaked by what became of them.", ["status"])
CHANGES_TOLD = Counter("axis_feed_changes_told", "Changes of the feed that were told to gateways.")
# Polled each second, so what matters lies around that; ten seconds is what staff are warned of.
CONFIRMATION_SECONDS = Histogram(
    "axis_feed_confirmation_seconds",
    "From the commit of a change to a gateway's confirmation of it.",
    ["environment"],
    buckets=(0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10, 30, 60, 300),
)

# A call is its endpoint, status and seconds; a verdict its code and where the identity came from.
_calls: deque[tuple[str, int, float]] = deque()
_verdicts: deque[tuple[str, str]] = deque()
_counting = threading.Lock()
# Called before all is counted, by whoever knows a number that only has to be looked at.
on_count: list[Callable[[], object]] = []


def count_call(endpoint: str, status: int, *, began: float) -> None:
    """Count a call that was answered; `began` is by time.perf_counter."""
    _calls.append((endpoint, status, time.perf_counter() - began))
    # Where all calls fail there may be no thread that counts them.
    if status != 200 or len(_calls) >= MOST_PUT_DOWN:
        count_all()


def count_verdict(code: str, source: str, *, degraded: bool) -> None:
    _verdicts.append((code, source))
    if degraded:
        DEGRADED.inc()
        STORE_ERRORS.inc()


def count_all() -> None:
    """Count what was put down until now."""
    with _counting:
        for told in on_count:
            told()
        _count_calls(list(_taken(_calls)))
        for (code, source), times in Times(_taken(_verdicts)).items():
            VERDICTS.labels(code).inc(times)
            if source not in ("", "memory"):
                IDENTITIES.labels(source).inc(times)


def _taken(waiting: deque[PutDown]) -> Iterator[PutDown]:
    # What comes meanwhile waits for the next time; and each is taken by one thread alone.
    for _ in range(len(waiting)):
        yield waiting.popleft()


def _count_calls(calls: Iterable[tuple[str, int, float]]) -> None:
    for (endpoint, status), times in Times([call[:2] for call in calls]).items():
        CALLS.labels(endpoint, status).inc(times)
    for endpoint in {call[0] for call in calls}:
        _observe(CALL_SECONDS.labels(endpoint), [call[2] for call in calls if call[0] == endpoint])


def _observe(histogram: Any, seconds: Iterable[float]) -> None:
    """Observe them all: what `observe` does with each, done once for each bucket."""
    histogram._sum.inc(sum(seconds))
    for bucket, times in Times(bisect_left(histogram._upper_bounds, one) for one in seconds).items():
        histogram._buckets[bucket].inc(times)


def _begin_anew() -> None:
    """Leave to the parent what it has put down."""
    _calls.clear()
    _verdicts.clear()
    _counting.release()


tail.each_round.append(count_all)
running.on_expired.append(LEASES.labels("expired").inc)
os.register_at_fork(before=_counting.acquire, after_in_parent=_counting.release, after_in_child=_begin_anew)
# Also where the process is another one's child, in which atexit does nothing.
Finalize(None, count_all, exitpriority=0)
