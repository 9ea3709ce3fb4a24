"""Whom to believe about a caller's address: nobody but the proxies that TRUSTED_PROXIES names."""

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks that these addresses and CIDR ranges name. Raises ValueError."""
    return tuple(ipaddress.ip_network(text.strip()) for text in texts if text.strip())


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The nearest address of the chain that is none of our proxies. What stands left of it is the caller's claim."""
    chain = [*(part.strip() for part in forwarded_for.split(",") if part.strip()), peer]
    for position in range(len(chain) - 1, -1, -1):
        if not _is_address(chain[position]):
            return chain[position + 1] if position + 1 < len(chain) else peer
        if not _is_trusted(chain[position], trusted):
            return chain[position]
    return chain[0]


def believing(application: Wsgi, trusted: Sequence[Network], header: str = "X-Forwarded-For") -> Wsgi:
    """The same WSGI application, called with the caller's address and scheme as our own proxies report them."""
    key = f"HTTP_{header.upper().replace('-', '_')}"
    if not trusted:
        return application

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        if _is_address(peer) and _is_trusted(peer, trusted):
            environ["REMOTE_ADDR"] = client_address(peer, environ.get(key, ""), trusted)
            if environ.get("HTTP_X_FORWARDED_PROTO") == "https":
                environ["wsgi.url_scheme"] = "https"
        return application(environ, start_response)

    return call


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(text: str, trusted: Sequence[Network]) -> bool:
    address = ipaddress.ip_address(text)
    return any(address in network for network in trusted)
