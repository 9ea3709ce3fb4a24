"""Who has used a leaked secret, from where, and who of them was never seen before it was out."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import redis
from django.db.models import Max, Min, Q, Sum

from keys import asks, counts
from keys.actions.gateways import MOST_NETWORKS
from keys.facts import Network
from keys.models import ApiKey, KeySecret, SecretHour, SecretUse

logger = logging.getLogger(__name__)

# What a key is contained to: where it was called from in these days.
KNOWN = timedelta(days=30)
MOST_CALLERS = 200
MOST_AGENTS = 3


class Novelty(Enum):
    """Whether an address is new since the exposure. Hours are whole: what came within its hour cannot be told."""

    KNOWN = "known"
    SAME_HOUR = "same hour"
    NEW = "new"


@dataclass(frozen=True)
class Caller:
    """An address with its calls of one kind, admitted or refused, and the first and the last hour that had any."""

    address: str | None
    agents: Sequence[str]
    calls: int
    first_in: datetime
    last_in: datetime
    novelty: Novelty

    @property
    def is_new(self) -> bool:
        return self.novelty is Novelty.NEW

    @property
    def is_untold(self) -> bool:
        return self.novelty is Novelty.SAME_HOUR


@dataclass(frozen=True)
class Use:
    """What came with a secret since its exposure: admitted calls are use, refused ones are attempts.

    All of it, new addresses first: pages show MOST_CALLERS, what they say of it counts everybody.
    """

    callers: Sequence[Caller] = ()
    attempts: Sequence[Caller] = ()

    @property
    def new(self) -> list[Caller]:
        """Who used it after the hour of the exposure, and never before that hour."""
        return [one for one in self.callers if one.is_new]

    @property
    def untold(self) -> list[Caller]:
        """Who used it within the hour of the exposure alone: before or after it cannot be told."""
        return [one for one in self.callers if one.is_untold]


def fresh(key: ApiKey) -> None:
    """Write down what was counted of the key's organization, so that a page shows it up to now; later if that fails."""
    try:
        counts.flush([key.organization_id], timeout=counts.PAGE_TIMEOUT_S)
    except redis.RedisError:
        logger.warning("the counter store does not answer: a leak is shown with what was written down before")


def since(secret: KeySecret, exposed_since: datetime) -> Use:
    """Return who used the secret since then, and who was refused with it; new addresses first, then the busiest."""
    rows = SecretHour.objects.filter(secret=secret, hour__gte=_hour(exposed_since))
    before = _before(secret.key, exposed_since)
    callers = _callers(rows, "admitted", before=before, exposed_since=exposed_since)
    attempts = _callers(rows, "refused", before=before, exposed_since=exposed_since)
    use = SecretUse.objects.filter(secret=secret, last_used_at__gte=exposed_since).first()
    # The counts of the hour may have lost a caller's address; its last use keeps it, to the second.
    if use is not None and use.address and use.address not in {one.address for one in callers}:
        hour = _hour(use.last_used_at)
        novelty = _novelty(use.address, use.last_used_at, before=before, exposed_since=exposed_since)
        callers.append(Caller(use.address, [use.user_agent], 0, hour, hour, novelty))
    return Use(sorted(callers, key=_order), attempts)


def known(key: ApiKey, *, exposed_since: datetime, now: datetime) -> list[Caller]:
    """Return from where any secret of the key was admitted in the last 30 days, and which of these are new."""
    rows = SecretHour.objects.filter(secret__key=key, hour__gte=_hour(now - KNOWN), address__isnull=False)
    return _callers(rows, "admitted", before=_before(key, exposed_since), exposed_since=exposed_since)


def containable(callers: Iterable[Caller], allowed: Sequence[str]) -> list[Caller]:
    """Keep those that the present allow-list lets through: containing a key never lets anybody in.

    As many as an allow-list may name; those that were known before go before new ones, which anybody can make many of.
    """
    networks = [asks.network(text) for text in allowed]
    inside = [one for one in callers if _is_inside(one, networks)]
    return sorted(sorted(inside, key=lambda one: one.is_new)[:MOST_NETWORKS], key=_order)


def outside(callers: Iterable[Caller], allowed: Sequence[str]) -> list[Caller]:
    """Keep those that the present allow-list refuses already, as many as a page shows."""
    networks = [asks.network(text) for text in allowed]
    return [one for one in callers if one.address and not _is_inside(one, networks)][:MOST_CALLERS]


def _is_inside(caller: Caller, networks: Sequence[Network]) -> bool:
    if not caller.address or not networks:
        return bool(caller.address)
    return any(asks.address(caller.address) in network for network in networks)


def _before(key: ApiKey, exposed_since: datetime) -> frozenset[str]:
    """The addresses from which the key was used in whole hours before the exposure."""
    rows = SecretHour.objects.filter(secret__key=key, hour__lt=_hour(exposed_since), admitted__gt=0)
    known = rows.order_by().values_list("address", flat=True).distinct()
    return frozenset(address for address in known if address)


def _novelty(address: str | None, last_at: datetime, *, before: frozenset[str], exposed_since: datetime) -> Novelty:
    if address is None or address in before:
        return Novelty.KNOWN
    return Novelty.NEW if last_at >= exposed_since else Novelty.SAME_HOUR


def _callers(rows: Any, kind: str, *, before: frozenset[str], exposed_since: datetime) -> list[Caller]:
    """Return who called, of the calls of one kind: admitted or refused."""
    counted = rows.filter(**{f"{kind}__gt": 0}).order_by()
    summed = counted.values("address").annotate(calls=Sum(kind), first_in=Min("hour"), last_in=Max("hour"))
    found = [
        Caller(address, (), calls, first, last, _novelty(address, last, before=before, exposed_since=exposed_since))
        for address, calls, first, last in summed.values_list("address", "calls", "first_in", "last_in").iterator()
    ]
    found.sort(key=_order)
    shown = found[:MOST_CALLERS]
    agents = _agents(counted.filter(Q(address=None) | Q(address__in=[one.address for one in shown if one.address])))
    return [*(replace(one, agents=agents.get(one.address, [])) for one in shown), *found[MOST_CALLERS:]]


def _order(one: Caller) -> tuple[int, int, str]:
    return [Novelty.NEW, Novelty.SAME_HOUR, Novelty.KNOWN].index(one.novelty), -one.calls, one.address or ""


def _agents(rows: Any) -> dict[str | None, list[str]]:
    agents: dict[str | None, list[str]] = {}
    for address, agent in rows.order_by().values_list("address", "user_agent").distinct()[: 10 * MOST_CALLERS]:
        if agent and len(agents.setdefault(address, [])) < MOST_AGENTS:
            agents[address].append(agent)
    return agents


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
