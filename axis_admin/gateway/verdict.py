"""The verdict about one call, as both doors of keys/validate answer it: the view's, and the one before Django."""

from datetime import UTC, datetime

from axis_admin.gateway import answers, metrics, problems
from keys import decisions
from keys.asks import Ask
from keys.facts import GatewayIdentity
from keys.limits import limiter, store, uncounted
from metering import quotas

store.on_change.append(metrics.BREAKER.set)
uncounted.on_outcome.append(lambda outcome, times: metrics.UNCOUNTED.labels(outcome).inc(times))


def of(ask: Ask, gateway: GatewayIdentity) -> bytes:
    """Return the answer's body. Raises Problem where there is no verdict."""
    try:
        decision = decisions.decide(ask, gateway=gateway, at=datetime.now(UTC), sums=quotas.sums)
    except limiter.RequestIdReused as error:
        errors = [("request_id", "Admitted before with another gateway, key, version or number of units.")]
        detail = "Mint a new request_id for each admission."
        raise problems.Problem("request-id-reused", detail, errors=errors) from error
    except decisions.CannotTell as error:
        metrics.STORE_ERRORS.inc()
        raise problems.cannot_tell() from error
    metrics.count_verdict(decision.code, decision.source, degraded=decision.degraded)
    return answers.of_decision(decision, ask)
