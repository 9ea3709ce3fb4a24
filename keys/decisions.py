"""May this call pass? Who it is, what the checks say, and what the limits admit, in that order."""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime

import msgspec

from keys import identities, secrets, uses, verdicts
from keys.asks import Ask
from keys.facts import GatewayIdentity, Identity
from keys.limits import applying, limiter, store
from keys.limits.limiter import Outcome, Spending, Standing
from keys.verdicts import Code

logger = logging.getLogger(__name__)


class Decision(msgspec.Struct, frozen=True):
    """A verdict with all that its answer tells. `identity` is None unless the secret has matched."""

    id: str
    at: datetime
    reasons: Sequence[Code] = ()
    identity: Identity | None = None
    standings: Sequence[Standing] = ()
    degraded: bool = False

    @property
    def code(self) -> Code:
        return self.reasons[0] if self.reasons else Code.VALID

    @property
    def refusals(self) -> list[Standing]:
        """The limits that refused."""
        return [one for one in self.standings if one.refused]

    @property
    def retry_us(self) -> int | None:
        """When to come back, by the limit that takes longest; None where nothing refused, or waiting does not help."""
        waits = [one.retry_us for one in self.refusals]
        return None if None in waits else max((wait or 0 for wait in waits), default=None)


class CannotTell(Exception):
    """The counter store is down, and the customer's plan says that nothing is admitted uncounted."""


def decide(ask: Ask, *, gateway: GatewayIdentity, at: datetime) -> Decision:
    """Judge one call of a customer, and spend from its limits where it passes.

    Raises CannotTell, and limiter.RequestIdReused where the request id was admitted before with other values.
    """
    decision_id = uuid.uuid4().hex
    credential = secrets.parse(ask.credential)
    if credential is None or credential.kind == "gateway":
        return Decision(decision_id, at, [Code.MALFORMED])
    identity = identities.find(credential)
    if identity is None:
        return Decision(decision_id, at, [Code.NOT_FOUND])
    failed = verdicts.failed_checks(identity, ask, at=at)
    if failed:
        return Decision(decision_id, at, failed, identity)
    return _admit(ask, identity, gateway, Decision(decision_id, at, (), identity))


def _admit(ask: Ask, identity: Identity, gateway: GatewayIdentity, decision: Decision) -> Decision:
    try:
        outcome = limiter.limiter().spend(_spending(ask, identity, gateway, decision))
    except store.CounterStoreDown as error:
        logger.warning("the counter store is down: %s", error)
        return _uncounted(ask, identity, decision)
    return _decided(outcome, decision)


def _decided(outcome: Outcome, decision: Decision) -> Decision:
    reasons = [Code.RATE_LIMITED] if outcome.state == "refused" else []
    return msgspec.structs.replace(decision, id=outcome.decision_id, reasons=reasons, standings=outcome.standings)


def _uncounted(ask: Ask, identity: Identity, decision: Decision) -> Decision:
    # Who it is can be told without the store: only spending needs it.
    if not ask.spends:
        return decision
    if identity.organization.counter_store_down == "closed":
        raise CannotTell
    return msgspec.structs.replace(decision, degraded=True)


def _spending(ask: Ask, identity: Identity, gateway: GatewayIdentity, decision: Decision) -> Spending:
    return Spending(
        organization=identity.organization.id,
        key=identity.key.id,
        limits=applying.applying(identity.limits, api_version=ask.api_version, at=decision.at),
        units=ask.cost,
        decision_id=decision.id,
        spend=ask.spends,
        request_id=ask.request_id,
        bound_to=f"{gateway.id}.{identity.key.id}.{ask.api_version}.{ask.cost}",
        public_id=identity.secret.public_id,
        use=uses.described(ask),
    )
