"""What the limiter's script counts of each decision, and how it is read. Pure.

{organization}:tally is a hash of units × 2^26 + calls by minute|secret|version|code|limit|address|agent.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

CALL_BITS = 26
# Above this many fields in one flush, the script leaves address and agent out.
MOST_FIELDS = 20_000

_CALLS = (1 << CALL_BITS) - 1
_VALID = "VALID"


class Counted(NamedTuple):
    """Calls of one minute that are alike in all of this. `minute` is in unix minutes, `limit` is a rule's id."""

    minute: int
    public_id: str
    api_version: str
    code: str
    limit: int | None
    address: str
    agent: str
    calls: int
    units: int

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.minute * 60, UTC)

    @property
    def hour(self) -> datetime:
        return self.at.replace(minute=0)


class OfMinute(NamedTuple):
    organization: int
    minute: datetime
    key: int
    api_version: str
    code: str


class OfHour(NamedTuple):
    organization: int
    hour: datetime
    key: int
    api_version: str
    code: str
    limit_name: str


class OfCaller(NamedTuple):
    secret: int
    hour: datetime
    api_version: str
    address: str
    agent: str


@dataclass
class Sums:
    """Calls and units by minute and by hour; admitted and refused calls by caller and hour."""

    calls_by_minute: Counter[OfMinute] = field(default_factory=Counter)
    units_by_minute: Counter[OfMinute] = field(default_factory=Counter)
    calls_by_hour: Counter[OfHour] = field(default_factory=Counter)
    units_by_hour: Counter[OfHour] = field(default_factory=Counter)
    admitted: Counter[OfCaller] = field(default_factory=Counter)
    refused: Counter[OfCaller] = field(default_factory=Counter)

    def add(self, counted: Counted, owner: "Owner", limit_name: str) -> None:
        """Count calls of a secret's owner."""
        one = counted
        minute = OfMinute(owner.organization, one.at, owner.key, one.api_version, one.code)
        hour = OfHour(owner.organization, one.hour, owner.key, one.api_version, one.code, limit_name)
        caller = OfCaller(owner.secret, one.hour, one.api_version, one.address, one.agent)
        self.calls_by_minute[minute] += one.calls
        self.units_by_minute[minute] += one.units
        self.calls_by_hour[hour] += one.calls
        self.units_by_hour[hour] += one.units
        (self.admitted if one.code == _VALID else self.refused)[caller] += one.calls


class Owner(NamedTuple):
    """Whose a secret is, by primary keys."""

    secret: int
    key: int
    organization: int


def name(organization: int) -> str:
    """Return where the decisions of an organization are counted; it is renamed by each flush."""
    return f"{{{organization}}}:tally"


def batch_name(organization: int, batch: str) -> str:
    """Return where a batch that is being flushed stands."""
    return f"{name(organization)}:{batch}"


def batches_name(organization: int) -> str:
    """Return the set of the batches that are not known to be written down."""
    return f"{{{organization}}}:tallies"


def read(fields: Mapping[bytes, bytes]) -> tuple[list[Counted], list[bytes]]:
    """Return what a batch counted, and the fields that are none."""
    found, strange = [], []
    for text, value in fields.items():
        try:
            found.append(_counted(text.decode(), int(value)))
        except ValueError:
            strange.append(text)
    return found, strange


def summed(counted: Iterable[Counted], owners: Mapping[str, Owner], limits: Mapping[int, str]) -> Sums:
    """Add up what was counted, by the names under which it is kept; what has no owner is left out."""
    sums = Sums()
    for one in counted:
        if owner := owners.get(one.public_id):
            sums.add(one, owner, limits.get(one.limit, "") if one.limit is not None else "")
    return sums


def _counted(text: str, value: int) -> Counted:
    # The agent comes last, because it may hold the separator itself.
    minute, public_id, api_version, code, limit, address, agent = text.split("|", 6)
    rule = int(limit) if limit else None
    return Counted(int(minute), public_id, api_version, code, rule, address, agent, value & _CALLS, value >> CALL_BITS)
