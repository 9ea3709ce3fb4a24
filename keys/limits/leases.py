"""Leases of running jobs: a signed token says all that it takes to renew or end one, also after the store was lost."""

import base64
import functools
import hmac
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from django.conf import settings

from keys.limits import calls, limiter, running
from keys.limits.limiter import Outcome, Spending
from keys.limits.pools import Pool

# However often it is renewed, a job ends.
LONGEST = timedelta(hours=24)
_LONGEST_S = int(LONGEST.total_seconds())
# Renewed at a third of its length, one may be missed.
RENEWALS = 3
_SIGNED = 16
_PURPOSE = b"axis lease"


class Lease(msgspec.Struct, frozen=True):
    """What the gateway is told of a running job; it ends at `ends_ms`, in milliseconds of unix time."""

    id: str
    ends_ms: int
    renew_every_s: int


class Held(msgspec.Struct, frozen=True, array_like=True):
    """What a lease's token says: whose job it is, in which counters it stands, and when it ends at the latest."""

    organization: int
    key: int
    gateway: int
    job: str
    units: int
    tier: str
    job_ms: int
    # In milliseconds of unix time: of one request's jobs the later one ends later.
    last_end: int
    # Sets of running jobs, and of what is open in a window, each by its full name.
    jobs: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    pool: int | None = None
    api_version: str = ""

    @property
    def began(self) -> int:
        """When it was taken, in seconds of unix time."""
        return self.last_end // 1_000 - _LONGEST_S

    @property
    def tombstone(self) -> str:
        """Where it stands that the job is over, and up to which last end its leases are."""
        return f"{{{self.organization}}}:over:{self.job}"


class NotALease(ValueError):
    """A text that no key of the ring has signed."""


def of(spending: Spending, outcome: Outcome, *, gateway: int, pool: Pool | None, tier: str) -> Lease | None:
    """Return the lease that an admission took; None where it took none."""
    # What was admitted without a job has none either when it is replayed for one.
    if outcome.state not in ("admitted", "replayed") or not (spending.takes and outcome.took):
        return None
    jobs, opens = _counted(spending, outcome)
    if outcome.reserved:
        jobs = (*jobs, calls.counter(spending.organization, spending.key, outcome.reserved))
    if not jobs and pool is None:
        return None
    held = Held(
        organization=spending.organization,
        key=spending.key,
        gateway=gateway,
        job=spending.member,
        units=spending.units,
        tier=tier,
        job_ms=spending.job_ms,
        last_end=last_end(outcome.now_us),
        jobs=jobs,
        opens=opens,
        pool=pool.id if pool else None,
        api_version=spending.api_version,
    )
    if outcome.state == "admitted":
        running.note(spending.organization)
    ends_ms = outcome.now_us // 1_000 + held.job_ms
    return Lease(signed(held), min(ends_ms, held.last_end), renew_every_s(held))


def last_end(now_us: int) -> int:
    """Return when a job ends at the latest that was admitted at that time; in milliseconds of unix time."""
    return now_us // 1_000 + _LONGEST_S * 1_000


def in_pool(held: Held, pool: int | None) -> Held:
    """Return the lease of a job that runs in the shared room of a pool, None for none."""
    return msgspec.structs.replace(held, pool=pool)


def _counted(spending: Spending, outcome: Outcome) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return where the job counts as running, and where as open."""
    if outcome.state == "admitted":
        common = limiter.prepared(spending, at=spending.at or outcome.at)
        return common.jobs, common.opens
    # Admitted some time ago, perhaps in the windows before these.
    organization, key = spending.organization, spending.key
    jobs = [calls.counter(organization, key, limit) for limit in spending.limits if limit.kind == "concurrency"]
    return tuple(jobs), calls.opens(spending.limits, organization=organization, key=key, at=outcome.at)


def renew_every_s(held: Held) -> int:
    """Return how often a lease is to be renewed."""
    return max(1, held.job_ms // 1_000 // RENEWALS)


def signed(held: Held) -> str:
    """Write a lease as a token, signed by the ring's first key."""
    payload = msgspec.msgpack.encode(held)
    return (
        base64.urlsafe_b64encode(payload + _signature(_keys(tuple(settings.FIELD_KEYS))[0], payload))
        .decode()
        .rstrip("=")
    )


def read(token: str) -> Held:
    """Return what a token says. Raises NotALease."""
    try:
        told = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError as error:
        raise NotALease from error
    payload, signature = told[:-_SIGNED], told[-_SIGNED:]
    keys = _keys(tuple(settings.FIELD_KEYS))
    if not any(hmac.compare_digest(_signature(key, payload), signature) for key in keys):
        raise NotALease
    try:
        return msgspec.msgpack.decode(payload, type=Held)
    except msgspec.DecodeError as error:
        raise NotALease from error


@functools.cache
def _keys(ring: Sequence[bytes]) -> list[hmac.HMAC]:
    # A key of its own: what is signed here opens nothing that the ring's keys seal.
    return [hmac.new(hmac.digest(key, _PURPOSE, "sha256"), digestmod="sha256") for key in ring]


def _signature(key: hmac.HMAC, payload: bytes) -> bytes:
    # To begin anew with the same key costs more than to go on with a copy.
    signing = key.copy()
    signing.update(payload)
    return signing.digest()[:_SIGNED]
