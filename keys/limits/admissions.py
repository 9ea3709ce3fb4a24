"""What is remembered of an admission says which job it began: for who knows the request alone, or the job alone."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from keys.limits import calls, leases, limiter, pools, scripts, store
from keys.limits.leases import Held
from keys.limits.pools import Pool

# By admit.lua.
REMEMBERED = timedelta(minutes=15)


class Named(NamedTuple):
    """A request id as whoever reports it names it, and the key that they say it was admitted for."""

    organization: int
    key: int
    request_id: str


def jobs(counters: store.Store, named: Iterable[Named]) -> list[Held]:
    """Return the jobs that began with these requests, as their leases would tell them; another key's are none of them.

    An admission is remembered for as long as a job runs that nobody renews. Raises CounterStoreDown.
    """
    asked = list(dict.fromkeys(named))
    texts = _asked(counters, [("GET", calls.replay_key(one.organization, one.request_id)) for one in asked])
    read = [_held(one, text) for one, text in zip(asked, texts, strict=True) if text]
    return list(_in_pools(counters, [held for held in read if held]))


def decisions(counters: store.Store, organization: int, jobs: Iterable[str]) -> dict[str, str]:
    """Return by which decisions these jobs began, of those whose request is remembered. Raises CounterStoreDown."""
    asked = list(jobs)
    texts = _asked(counters, [("GET", calls.remembered_key(organization, job)) for job in asked])
    return {job: text.split(b"|", 2)[1].decode() for job, text in zip(asked, texts, strict=True) if text}


def _held(named: Named, text: bytes) -> Held | None:
    """Read what admit.lua has remembered; None where it began no job, or one of another key."""
    bound, _, answer = text.partition(b"|")
    gateway, key, api_version, units = bound.decode().split(".")
    now_us, tier = calls.answer_format(2).unpack_from(answer, answer.index(b"|") + 1)
    if int(key) != named.key or not limiter.took(tier):
        return None
    return Held(
        organization=named.organization,
        key=named.key,
        gateway=int(gateway),
        job=calls.digest(named.request_id),
        units=int(units),
        tier="",
        job_ms=0,
        last_end=leases.last_end(int(now_us)),
        jobs=calls.job_sets(named.organization, named.key, api_version, [pool.code for pool in _pools(api_version)]),
        api_version=api_version,
    )


def _in_pools(counters: store.Store, found: Sequence[Held]) -> Iterator[Held]:
    """The same jobs, each with the pool in whose shared room it runs."""
    places = [(held, pool) for held in found for pool in _pools(held.api_version)]
    asked = [("ZSCORE", pool.jobs_key, pools.member(held.organization, held.job)) for held, pool in places]
    answers = zip(places, _asked(counters, asked), strict=True)
    running = {held: pool.id for (held, pool), ends in answers if ends is not None}
    for held in found:
        yield leases.in_pool(held, running.get(held))


def _pools(api_version: str) -> Sequence[Pool]:
    return pools.pools.of(api_version)


def _asked(counters: store.Store, commands: Sequence[tuple[str, ...]]) -> list[bytes | None]:
    parts = (commands[first : first + scripts.AT_ONCE] for first in range(0, len(commands), scripts.AT_ONCE))
    return [answer for part in parts for answer in counters.ask_all(*part)]
