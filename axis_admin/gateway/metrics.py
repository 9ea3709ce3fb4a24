"""What the gateway surface counts and measures; summed over its worker processes on METRICS_PORT."""

import functools
import time

from prometheus_client import Counter, Gauge, Histogram

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
STORE_ERRORS = Counter("axis_limiter_store_errors", "Calls for which the counter store did not answer in time.")
GENERATIONS = Counter("axis_ingested_generations", "Reported generations by what became of them.", ["status"])
LEAKS = Counter("axis_reported_leaks", "Credentials that were reported as leaked by what became of them.", ["status"])
CHANGES_TOLD = Counter("axis_feed_changes_told", "Changes of the feed that were told to gateways.")
# Polled each second, so what matters lies around that; ten seconds is what staff are warned of.
CONFIRMATION_SECONDS = Histogram(
    "axis_feed_confirmation_seconds",
    "From the commit of a change to a gateway's confirmation of it.",
    ["environment"],
    buckets=(0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10, 30, 60, 300),
)

# Finding a counter by its labels costs more than to count.
_calls = functools.lru_cache(maxsize=256)(CALLS.labels)
_call_seconds = functools.lru_cache(maxsize=64)(CALL_SECONDS.labels)
_verdicts = functools.lru_cache(maxsize=64)(VERDICTS.labels)
_identities = functools.lru_cache(maxsize=64)(IDENTITIES.labels)


def count_call(endpoint: str, status: int, *, began: float) -> None:
    """Count a call that was answered; `began` is by time.perf_counter."""
    _calls(endpoint, status).inc()
    _call_seconds(endpoint).observe(time.perf_counter() - began)


def count_verdict(code: str, source: str, *, degraded: bool) -> None:
    _verdicts(code).inc()
    if source not in ("", "memory"):
        _identities(source).inc()
    if degraded:
        DEGRADED.inc()
        STORE_ERRORS.inc()


