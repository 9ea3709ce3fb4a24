"""The numbers of one limit, as a rule has them or as somebody proposes them. Pure."""

from dataclasses import dataclass

from keys.limits.slots import Slot

SECOND_US = 1_000_000


@dataclass(frozen=True)
class Terms:
    """What a limit says of its slot; `key` is the id of the key whose own it is."""

    slot: Slot
    limit: int
    burst: int | None = None
    mode: str = "block"
    overage: int = 0
    key: int | None = None

    @property
    def place(self) -> tuple[Slot, int | None]:
        """Whose limit of what it is: one alone holds at a time."""
        return self.slot, self.key

    @property
    def kind(self) -> str:
        return self.slot.kind

    @property
    def blocks(self) -> bool:
        return self.mode == "block"

    @property
    def by_units(self) -> bool:
        return self.slot.dimension == "units"

    @property
    def price(self) -> int:
        """What a request costs a rate, in 1/limit µs."""
        return (self.slot.period_s or 1) * SECOND_US

    @property
    def room(self) -> int:
        """How much a rate lets be owed, in 1/limit µs."""
        return (self.burst or 1) * self.price

    @property
    def cap(self) -> int:
        """What a window admits in all."""
        return self.limit + self.overage

    def meets(self, api_version: str, key: int | None) -> bool:
        """Say whether a call of this version, with this key, meets the limit."""
        return self.slot.api_version in (None, api_version) and self.key in (None, key)
