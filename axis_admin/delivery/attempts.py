"""How often one address may try to open links, counted in the shared cache."""

import ipaddress
import logging
import time

from django.core.cache import cache
from redis.exceptions import RedisError

PER_MINUTE = 20
# Whoever has one IPv6 address has the 2^64 beside it.
IPV6_NETWORK = 64
log = logging.getLogger(__name__)


def spend(address: str) -> bool:
    """Count one attempt; say whether the address is still within its minute.

    A store that is away stops no customer: the token has 256 bits, so that counting spares us work and guards nothing.
    """
    name = f"delivery-{_network(address)}-{int(time.time() // 60)}"
    try:
        cache.add(name, 0, timeout=120)
        return bool(cache.incr(name) <= PER_MINUTE)
    except (RedisError, ValueError) as error:
        log.warning("Attempts at one-time links are not counted: %s", type(error).__name__)
        return True


def _network(address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if known.version == 4:
        return str(known)
    return str(ipaddress.ip_network(f"{known}/{IPV6_NETWORK}", strict=False))
