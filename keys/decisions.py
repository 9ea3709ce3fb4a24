"""May this call pass? Who it is, what the checks say, and what the limits admit, in that order."""

import logging
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from keys import identities, known, refusals, uses, verdicts
from keys.asks import Ask
from keys.facts import GatewayIdentity, Identity
from keys.known import Known
from keys.limits import applying, limiter, store
from keys.limits.limiter import Outcome, Spending, Standing
from keys.verdicts import Code

logger = logging.getLogger(__name__)

# How often an identity may change under one call's hands.
MOST_READINGS = 5

# Where an identity came from: memory, the database, the database because memory was stale, or because the counter store
# could not confirm it; or nowhere, because nobody had it a moment ago.
Source = Literal["", "memory", "database", "stale", "unconfirmed", "stranger"]


class Decision(msgspec.Struct, frozen=True):
    """A verdict with all that its answer tells. `identity` is None unless the secret has matched."""

    id: str
    at: datetime
    reasons: Sequence[Code] = ()
    identity: Identity | None = None
    standings: Sequence[Standing] = ()
    degraded: bool = False
    source: Source = ""

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
    decision = _decide(ask, gateway, at)
    # A store that has just been waited for in vain is not waited for once more.
    if decision.reasons and not store.current().breaker.is_open:
        refusals.note(decision=decision, ask=ask, gateway=gateway)
    return decision


def _decide(ask: Ask, gateway: GatewayIdentity, at: datetime) -> Decision:
    digest = known.digest(ask.credential)
    remembered = known.recall(digest)
    if remembered is not None:
        return _confirmed(ask, gateway, at, remembered, "memory")
    credential = known.parse(ask.credential)
    if credential is None:
        return Decision(_new_id(), at, [Code.MALFORMED])
    if known.is_stranger(digest):
        return Decision(_new_id(), at, [Code.NOT_FOUND], source="stranger")
    try:
        found = known.look_up(credential)
    except store.CounterStoreDown as error:
        return _uncounted(ask, at, error)
    return _confirmed(ask, gateway, at, found, "database")


def _confirmed(ask: Ask, gateway: GatewayIdentity, at: datetime, found: Known | None, source: Source) -> Decision:
    """Judge by what was read, and again by what has become of it, until the counter store says that it is current."""
    for _ in range(MOST_READINGS):
        if found is None:
            return Decision(_new_id(), at, [Code.NOT_FOUND], source=source)
        failed = verdicts.failed_checks(found.found, ask, at=at)
        try:
            outcome = limiter.limiter().spend(_spending(ask, found, gateway, at, failed))
        except store.CounterStoreDown as error:
            return _uncounted(ask, at, error)
        if outcome.state != "stale":
            return _decided(outcome, at, failed, found.found, source)
        found, source = known.read_again(ask.credential, token=outcome.token), "stale"
    raise CannotTell


def _decided(outcome: Outcome, at: datetime, failed: list[Code], identity: Identity, source: Source) -> Decision:
    reasons = [Code.RATE_LIMITED] if outcome.state == "refused" else failed
    return Decision(outcome.decision_id, at, reasons, identity, outcome.standings, source=source)


def _uncounted(ask: Ask, at: datetime, error: Exception) -> Decision:
    """Judge by what the database says in this moment: what is remembered cannot be confirmed without the store."""
    logger.warning("the counter store is down: %s", error)
    credential = known.parse(ask.credential)
    identity = identities.find(credential) if credential else None
    if identity is None:
        return Decision(_new_id(), at, [Code.NOT_FOUND], source="unconfirmed")
    failed = verdicts.failed_checks(identity, ask, at=at)
    # Who it is can be told without the store: only spending needs it.
    spends = ask.spends and not failed
    if spends and identity.organization.counter_store_down == "closed":
        raise CannotTell
    return Decision(_new_id(), at, failed, identity, degraded=spends, source="unconfirmed")


def _spending(ask: Ask, known: Known, gateway: GatewayIdentity, at: datetime, failed: Sequence[Code]) -> Spending:
    identity, cost, spends = known.found, ask.cost, ask.spends
    return Spending(
        organization=identity.organization.id,
        key=identity.key.id,
        limits=()
        if failed
        else applying.remembered(identity.derived, identity.limits, api_version=ask.api_version, at=at),
        units=cost,
        decision_id=_new_id(),
        token=known.token,
        mode="tell" if failed else "spend" if spends else "peek",
        told=failed[0].value if failed and spends else "",
        request_id=ask.request_id,
        bound_to=f"{gateway.id}.{identity.key.id}.{ask.api_version}.{cost}",
        public_id=identity.secret.public_id,
        use=uses.described(ask),
    )


def _new_id() -> str:
    # Not asked of the system, which would let another thread go first; what matters is that no two are alike.
    return f"{random.getrandbits(128):032x}"
