"""What a gateway asks about its customer: the body of one validate call, checked while it is read. Pure."""

import functools
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network
from typing import Annotated, Literal

import msgspec

from keys.facts import Network

LARGEST_UNITS = 1_000
LONGEST_REQUEST_ID = 128
LONGEST_IDEMPOTENCY_KEY = 255
_MAPPED_BITS = 96
# Nothing that ends up on a page or in a log may hold a character that audit.wording calls unfit.
FIT = r"\A[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*\Z"
# What takes no ink although it is fit: blanks of every width, and none at all.
_BLANK = r"\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u206f\u2800\u3164"
_BLANK += r"\ufe00-\ufe0f\ufeff\uffa0"
# A name is fit, and something of it is seen.
NAME = rf"\A(?=.*[^{_BLANK}]){FIT.removeprefix(chr(92) + 'A')}"

Address = IPv4Address | IPv6Address
Text = Annotated[str, msgspec.Meta(pattern=FIT)]
RequestId = Annotated[str, msgspec.Meta(pattern=FIT, min_length=1, max_length=LONGEST_REQUEST_ID)]
IdempotencyKey = Annotated[str, msgspec.Meta(pattern=FIT, max_length=LONGEST_IDEMPOTENCY_KEY)]
Units = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_UNITS)]


class Ask(msgspec.Struct, frozen=True):
    """One validate call; null means absent. `credential` and `organization` are whatever the caller sent."""

    credential: str
    organization: str
    api_version: Literal["v1", "v2"]
    client_ip: str | None = None
    user_agent: Text | None = None
    idempotency_key: IdempotencyKey | None = None
    request_id: RequestId | None = None
    units: Units | None = None
    admit: bool | None = None
    lease: bool | None = None

    def __post_init__(self) -> None:
        if self.client_ip is not None:
            address(self.client_ip)

    @property
    def cost(self) -> int:
        return 1 if self.units is None else self.units

    @property
    def spends(self) -> bool:
        return self.admit is not False

    @property
    def caller(self) -> Address | None:
        return None if self.client_ip is None else address(self.client_ip)


@functools.lru_cache(maxsize=4_096)
def address(text: str) -> Address:
    """Return the address; one of IPv4 written as IPv6 is the former. Callers' addresses come again and again.

    Raises ValueError where it is none, or names an interface: that may be any text at all.
    """
    found = ip_address(_without_interface(text))
    return found if isinstance(found, IPv4Address) else found.ipv4_mapped or found


def network(text: str) -> Network:
    """Return the network; one of IPv4 written as IPv6 is the former, as callers' addresses are.

    Raises ValueError where it is none.
    """
    found = ip_network(_without_interface(text), strict=False)
    mapped = None if isinstance(found, IPv4Network) else found.network_address.ipv4_mapped
    if mapped is None or found.prefixlen < _MAPPED_BITS:
        return found
    return IPv4Network((int(mapped), found.prefixlen - _MAPPED_BITS))


def _without_interface(text: str) -> str:
    if "%" in text:
        raise ValueError("an interface is named")
    return text
