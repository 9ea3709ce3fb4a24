"""What a gateway asks about its customer: the body of one validate call, checked while it is read. Pure."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated, Literal

import msgspec

LARGEST_UNITS = 1_000
LONGEST_REQUEST_ID = 128
# Nothing that ends up on a page or in a log may hold control characters, or half of a surrogate pair.
WITHOUT_CONTROLS = r"\A[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*\Z"

Address = IPv4Address | IPv6Address
Text = Annotated[str, msgspec.Meta(pattern=WITHOUT_CONTROLS)]
RequestId = Annotated[str, msgspec.Meta(pattern=WITHOUT_CONTROLS, min_length=1, max_length=LONGEST_REQUEST_ID)]
Units = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_UNITS)]


class Ask(msgspec.Struct, frozen=True):
    """One validate call; null means absent. `credential` and `organization` are whatever the caller sent."""

    credential: str
    organization: str
    api_version: Literal["v1", "v2"]
    client_ip: str | None = None
    user_agent: Text | None = None
    idempotency_key: Text | None = None
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


def address(text: str) -> Address:
    """Return the address; one of IPv4 written as IPv6 is the former, and an interface's name is left out.

    Raises ValueError where it is none.
    """
    found = ip_address(text)
    if isinstance(found, IPv4Address):
        return found
    return found.ipv4_mapped or IPv6Address(int(found))
