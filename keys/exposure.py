"""Who has used a leaked secret, from where, and who of them was never seen before it was out."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
from django.db.models import Max, Min, Sum

from keys import asks, counts
from keys.actions.gateways import MOST_NETWORKS
from keys.models import ApiKey, KeySecret, SecretHour, SecretUse

logger = logging.getLogger(__name__)

# What a key is contained to: where it was called from in these days.
KNOWN = timedelta(days=30)
MOST_CALLERS = 200
MOST_AGENTS = 3


@dataclass(frozen=True)
class Caller:
    """An address from which the key was used; `is_new` where it was never seen before the exposure."""

    address: str | None
    agents: Sequence[str]
    admitted: int
    refused: int
    first_at: datetime
    last_at: datetime
    is_new: bool

    @property
    def calls(self) -> int:
        return self.admitted + self.refused


def fresh(key: ApiKey) -> None:
    """Write down what was counted of the key's organization, so that a page shows it up to now; later if that fails."""
    try:
        counts.flush([key.organization_id], timeout=counts.PAGE_TIMEOUT_S)
    except redis.RedisError:
        logger.warning("the counter store does not answer: a leak is shown with what was written down before")


def since(secret: KeySecret, exposed_since: datetime) -> list[Caller]:
    """Return who used the secret since then, new addresses first, then the busiest. Hours are counted whole."""
    rows = SecretHour.objects.filter(secret=secret, hour__gte=_hour(exposed_since))
    return _callers(rows, before=_before(secret.key, exposed_since), use=_last_use(secret, exposed_since))


def known(key: ApiKey, *, exposed_since: datetime, now: datetime) -> list[Caller]:
    """Return from where any secret of the key was admitted in the last 30 days, and which of these are new."""
    rows = SecretHour.objects.filter(
        secret__key=key, hour__gte=_hour(now - KNOWN), admitted__gt=0, address__isnull=False
    )
    return _callers(rows, before=_before(key, exposed_since))


def containable(callers: Iterable[Caller], allowed: Sequence[str]) -> list[Caller]:
    """Keep those that the present allow-list lets through: containing a key never lets anybody in."""
    networks = [asks.network(text) for text in allowed]
    return [
        one
        for one in callers
        if one.address and (not networks or any(asks.address(one.address) in network for network in networks))
    ][:MOST_NETWORKS]


def _before(key: ApiKey, exposed_since: datetime) -> frozenset[str]:
    """The addresses from which the key was used in whole hours before the exposure."""
    rows = SecretHour.objects.filter(secret__key=key, hour__lt=_hour(exposed_since), admitted__gt=0)
    known = rows.order_by().values_list("address", flat=True).distinct()
    return frozenset(address for address in known if address)


def _last_use(secret: KeySecret, exposed_since: datetime) -> SecretUse | None:
    return SecretUse.objects.filter(secret=secret, last_used_at__gte=exposed_since).first()


def _callers(rows: Any, *, before: frozenset[str], use: SecretUse | None = None) -> list[Caller]:
    summed = (
        rows.order_by()
        .values("address")
        .annotate(admitted=Sum("admitted"), refused=Sum("refused"), first_at=Min("hour"), last_at=Max("hour"))
    )
    agents = _agents(rows)
    found = {row["address"]: _caller(row, agents, before) for row in summed[:MOST_CALLERS]}
    # The counts of the hour may have lost a caller's address; its last use keeps it.
    if use is not None and use.address and use.address not in found:
        is_new = use.address not in before
        found[use.address] = Caller(use.address, [use.user_agent], 0, 0, use.last_used_at, use.last_used_at, is_new)
    return sorted(found.values(), key=lambda one: (not one.is_new, -one.calls, one.address or ""))


def _caller(row: Mapping[str, Any], agents: Mapping[str | None, list[str]], before: frozenset[str]) -> Caller:
    address = row["address"]
    is_new = address is not None and address not in before
    return Caller(
        address,
        agents.get(address, []),
        row["admitted"],
        row["refused"],
        row["first_at"],
        row["last_at"],
        is_new,
    )


def _agents(rows: Any) -> dict[str | None, list[str]]:
    agents: dict[str | None, list[str]] = {}
    for address, agent in rows.order_by().values_list("address", "user_agent").distinct()[: 10 * MOST_CALLERS]:
        if agent and len(agents.setdefault(address, [])) < MOST_AGENTS:
            agents[address].append(agent)
    return agents


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
