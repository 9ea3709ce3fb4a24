"""What the gateway surface counts and measures; summed over its worker processes on METRICS_PORT."""

from prometheus_client import Counter, Gauge, Histogram

# A verdict takes a statement and a script: what matters lies between a millisecond and the limiter's time-out.
SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

CALLS = Counter("axis_gateway_calls", "Calls by endpoint and status.", ["endpoint", "status"])
CALL_SECONDS = Histogram("axis_gateway_call_seconds", "How long a call took.", ["endpoint"], buckets=SECONDS)
IN_FLIGHT = Gauge("axis_gateway_calls_in_flight", "Calls being worked on.", multiprocess_mode="livesum")
VERDICTS = Counter("axis_validate_verdicts", "Verdicts by code.", ["code"])
DEGRADED = Counter("axis_validate_degraded", "Calls admitted uncounted while the counter store was down.")
STORE_ERRORS = Counter("axis_limiter_store_errors", "Calls for which the counter store did not answer in time.")
GENERATIONS = Counter("axis_ingested_generations", "Reported generations by what became of them.", ["status"])
CHANGES_TOLD = Counter("axis_feed_changes_told", "Changes of the feed that were told to gateways.")
# Polled each second, so what matters lies around that; ten seconds is what staff are warned of.
CONFIRMATION_SECONDS = Histogram(
    "axis_feed_confirmation_seconds",
    "From the commit of a change to a gateway's confirmation of it.",
    ["environment"],
    buckets=(0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10, 30, 60, 300),
)
