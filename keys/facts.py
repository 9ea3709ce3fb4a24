"""What a decision knows of a credential's owner. Pure and unchanging, so that it can be kept."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import msgspec

from keys.limits.applying import Limit

Network = IPv4Network | IPv6Network


class SecretFacts(msgspec.Struct, frozen=True):
    """The secret that was presented; `successor` is the public id of the one that works, or will work, in its place.

    What a rotation changes by itself is judged by the clock: a sweep that is late changes nothing.
    """

    public_id: str
    state: str
    overlap_until: datetime | None
    activates_at: datetime | None = None
    successor: str | None = None
    successor_from: datetime | None = None

    def is_pending(self, *, at: datetime) -> bool:
        return self.state == "pending" and (self.activates_at is None or at < self.activates_at)

    def is_retired(self, *, at: datetime) -> bool:
        over = self.overlap_until is not None and self.overlap_until <= at
        return self.state not in ("pending", "active", "overlap") or (self.state != "pending" and over)

    def is_replaced(self, *, at: datetime) -> bool:
        """Say whether it works beside its successor, until its overlap ends."""
        if self.state not in ("active", "overlap") or self.overlap_until is None or self.is_retired(at=at):
            return False
        return self.state == "overlap" or (self.successor_from is not None and self.successor_from <= at)


class KeyFacts(msgspec.Struct, frozen=True):
    id: int
    uid: str
    name: str
    environment: str
    api_versions: tuple[str, ...]
    allowed: tuple[Network, ...]
    not_before: datetime | None
    expires_at: datetime | None
    state: str


class OrganizationFacts(msgspec.Struct, frozen=True):
    """An organization with what its plan version says; `version` rises with every change to it or what is its own."""

    id: int
    uid: str
    status: str
    plan: str
    version: int
    api_versions: tuple[str, ...]
    counter_store_down: str


class PilotFacts(msgspec.Struct, frozen=True):
    starts_at: datetime
    ends_at: datetime
    state: str


class Reserved(msgspec.Struct, frozen=True):
    """Running jobs that an organization has reserved in a pool, of one API version, from one time until another."""

    pool: int
    code: str
    api_version: str
    jobs: int
    shares: bool
    since: datetime
    until: datetime

    @property
    def limit(self) -> Limit:
        """It as a limit: where it is used up the call is refused, or shared room is looked for."""
        return Limit(
            id=-self.pool,
            name=self.code,
            owner="organization",
            dimension="requests",
            api_version=self.api_version,
            limit=self.jobs,
            period_s=None,
            burst=None,
            mode="warn" if self.shares else "block",
            effective_from=self.since,
            effective_until=self.until,
            kind="reserved",
        )


class Identity(msgspec.Struct, frozen=True, dict=True):
    """All that a decision about a customer's credential rests on, except the counters and the time."""

    secret: SecretFacts
    key: KeyFacts
    organization: OrganizationFacts
    pilot: PilotFacts | None
    limits: tuple[Limit, ...]
    # How long a job's lease lasts, in ms, by API version; of a version that is missing nothing is known.
    job_ms: Mapping[str, int] = msgspec.field(default_factory=dict)

    @cached_property
    def derived(self) -> dict[Any, Any]:
        """What others work out from it once, and keep as long as it is kept."""
        return {}


class GatewayIdentity(msgspec.Struct, frozen=True):
    """A gateway's own credential, by the secret that it presented."""

    secret: SecretFacts
    id: int
    uid: str
    name: str
    environment: str
    scopes: frozenset[str]
    allowed: tuple[Network, ...]
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_live(self, *, at: datetime) -> bool:
        expired = self.expires_at is not None and self.expires_at <= at
        live = not self.secret.is_retired(at=at) and not self.secret.is_pending(at=at)
        return live and not expired and self.revoked_at is None
