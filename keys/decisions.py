"""May this call pass? Who it is, what the checks say, and what the limits admit, in that order."""

import logging
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from keys import admission, identities, known, refusals, uses, verdicts
from keys.admission import Admission
from keys.asks import Ask
from keys.facts import GatewayIdentity, Identity
from keys.known import Known
from keys.limits import applying, calls, leases, pools, running, store, uncounted
from keys.limits.applying import Limit
from keys.limits.leases import Lease
from keys.limits.limiter import USUAL_JOB_MS, Spending, Standing
from keys.limits.pools import Pool
from keys.limits.windows import Sums
from keys.verdicts import Code

logger = logging.getLogger(__name__)

# How often an identity may change under one call's hands.
MOST_READINGS = 5

# Where an identity came from: memory, the database, the database because memory was stale, or because the counter store
# could not confirm it; or nowhere, because nobody had it a moment ago.
Source = Literal["", "memory", "database", "stale", "unconfirmed", "stranger"]


class Decision(msgspec.Struct, frozen=True):
    """A verdict with all that its answer tells. `identity` is None unless the secret has matched.

    `full` are the codes of the pools in which no shared room was left, where that is what refused.
    """

    id: str
    at: datetime
    reasons: Sequence[Code] = ()
    identity: Identity | None = None
    standings: Sequence[Standing] = ()
    degraded: bool = False
    source: Source = ""
    tier: str | None = None
    lease: Lease | None = None
    full: Sequence[str] = ()

    @property
    def code(self) -> Code:
        return self.reasons[0] if self.reasons else Code.VALID

    @property
    def refusals(self) -> list[Standing]:
        """The limits that refused."""
        return [one for one in self.standings if one.refused] if self.reasons else []

    @property
    def retry_us(self) -> int | None:
        """When to come back, by the limit that takes longest; None where nothing refused, or nobody knows."""
        waits = [one.retry_us for one in self.refusals]
        return None if None in waits else max((wait or 0 for wait in waits), default=None)

    @property
    def is_final(self) -> bool:
        """Whether the same call would be refused whenever it comes again, or until a window ends."""
        return any(one.never for one in self.refusals)


class CannotTell(Exception):
    """The counter store is down, and the customer's plan says that nothing is admitted uncounted."""


def decide(ask: Ask, *, gateway: GatewayIdentity, at: datetime, sums: Sums) -> Decision:
    """Judge one call of a customer, and spend from its limits where it passes.

    `sums` tells what a window has used that the counter store does not know. Raises CannotTell, and
    limiter.RequestIdReused where the request id was admitted before with other values.
    """
    decision = _decide(ask, gateway, at, sums)
    # A store that has just been waited for in vain is not waited for once more.
    if decision.reasons and not store.current().breaker.is_open:
        refusals.note(decision=decision, ask=ask, gateway=gateway)
    return decision


def _decide(ask: Ask, gateway: GatewayIdentity, at: datetime, sums: Sums) -> Decision:
    digest = known.digest(ask.credential)
    remembered = known.recall(digest)
    if remembered is not None:
        return _confirmed(ask, gateway, at, remembered, "memory", sums)
    credential = known.parse(ask.credential)
    if credential is None:
        return Decision(_new_id(), at, [Code.MALFORMED])
    if known.is_stranger(digest):
        return Decision(_new_id(), at, [Code.NOT_FOUND], source="stranger")
    try:
        found = known.look_up(credential)
    except store.CounterStoreDown as error:
        return _uncounted(ask, gateway, at, sums, error)
    return _confirmed(ask, gateway, at, found, "database", sums)


def _confirmed(
    ask: Ask, gateway: GatewayIdentity, at: datetime, found: Known | None, source: Source, sums: Sums
) -> Decision:
    """Judge by what was read, and again by what has become of it, until the counter store says that it is current."""
    for _ in range(MOST_READINGS):
        if found is None:
            return Decision(_new_id(), at, [Code.NOT_FOUND], source=source)
        failed = verdicts.failed_checks(found.found, ask, at=at)
        spending = _spending(ask, found, gateway, at, failed)
        try:
            admission = _asked(spending, found.found, ask, sums)
        except store.CounterStoreDown as error:
            return _uncounted(ask, gateway, at, sums, error)
        except calls.NoWindow:
            # Read so long ago that its windows are over.
            found, source = known.read_again(ask.credential, token=found.token), "stale"
            continue
        if admission.outcome.state != "stale":
            if spending.notes_use and admission.outcome.state in ("admitted", "unspent"):
                uses.remember_noted(found.found.derived, spending.caller)
            return _decided(admission, spending, gateway, failed, found.found, source)
        found, source = known.read_again(ask.credential, token=admission.outcome.token), "stale"
    raise CannotTell


def _asked(spending: Spending, identity: Identity, ask: Ask, sums: Sums) -> Admission:
    try:
        return admission.ask(spending, candidates=() if spending.room else _pools_of(identity, ask), sums=sums)
    except admission.Unsettled as error:
        raise CannotTell from error


def _decided(
    found: Admission,
    spending: Spending,
    gateway: GatewayIdentity,
    failed: list[Code],
    identity: Identity,
    source: Source,
) -> Decision:
    outcome, at = found.outcome, spending.at or found.outcome.at
    reasons = failed
    if outcome.state == "refused":
        reasons = verdicts.refused_by(one.limit.kind for one in outcome.standings if one.refused)
    elif found.exhausted:
        reasons = [Code.CAPACITY_EXHAUSTED]
    tier = None if reasons else verdicts.service_tier(identity, outcome.tier)
    lease = None if reasons else leases.of(spending, outcome, gateway=gateway.id, pool=found.pool, tier=tier or "")
    standings, full = outcome.standings, _full(spending) if found.exhausted else ()
    return Decision(
        outcome.decision_id, at, reasons, identity, standings, source=source, tier=tier, lease=lease, full=full
    )


def _full(spending: Spending) -> Sequence[str]:
    """Return the codes of the pools that were asked for shared room: who has reserved looks in the same ones."""
    reserved = {limit.name for limit in spending.limits if limit.kind == "reserved"}
    return [pool.code for pool in pools.pools.of(spending.api_version) if not reserved or pool.code in reserved]


def _uncounted(ask: Ask, gateway: GatewayIdentity, at: datetime, sums: Sums, error: Exception) -> Decision:
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
    tier = None if failed else verdicts.service_tier(identity)
    spending = _spending(ask, Known(identity), gateway, at, failed)
    if spends:
        uncounted.note(spending, at=at, sums=sums)
    return Decision(spending.decision_id, at, failed, identity, degraded=spends, source="unconfirmed", tier=tier)


def _spending(ask: Ask, known: Known, gateway: GatewayIdentity, at: datetime, failed: Sequence[Code]) -> Spending:
    identity, cost, spends, caller = known.found, ask.cost, ask.spends, uses.caller(ask)
    return Spending(
        organization=identity.organization.id,
        key=identity.key.id,
        limits=() if failed else _limits(identity, ask, at),
        units=cost,
        decision_id=_new_id(),
        token=known.token,
        mode="tell" if failed else "spend" if spends else "peek",
        told=failed[0].value if failed and spends else "",
        request_id=ask.request_id,
        bound_to=f"{gateway.id}.{identity.key.id}.{ask.api_version}.{cost}",
        public_id=identity.secret.public_id,
        api_version=ask.api_version,
        caller=caller,
        notes_use=uses.is_due(identity.derived, caller),
        takes=ask.lease is not False,
        job_ms=identity.job_ms.get(ask.api_version, USUAL_JOB_MS),
        at=at,
        memory=identity.derived,
        room="" if _pools_of(identity, ask) else "free",
        about=_about(identity, gateway, ask),
    )


def _pools_of(identity: Identity, ask: Ask) -> Sequence[Pool]:
    """Where a job of the call may run; nowhere one that begins none. What is tried out takes nobody's room."""
    begins = ask.spends and ask.lease is not False and identity.key.environment != "test"
    return pools.pools.of(ask.api_version) if begins else ()


def _about(identity: Identity, gateway: GatewayIdentity, ask: Ask) -> str:
    name = (_about, gateway.id, ask.api_version)
    kept: str | None = identity.derived.get(name)
    if kept is None:
        kept = identity.derived[name] = running.described(gateway.id, identity.key.id, ask.api_version)
    return kept


def _limits(identity: Identity, ask: Ask, at: datetime) -> tuple[Limit, ...]:
    return applying.remembered(identity.derived, identity.limits, api_version=ask.api_version, at=at)


def _new_id() -> str:
    # Not asked of the system, which would let another thread go first; what matters is that no two are alike.
    return f"{random.getrandbits(128):032x}"
