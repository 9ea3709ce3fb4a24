"""What is asked of the counter store alone: decisions with six limits, plain GETs, and many processes at one limit."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from bench import payload
from keys.limits import calls, limiter, store
from keys.limits.applying import Limit
from keys.limits.limiter import Limiter, Spending
from orgs import tokens

ORGANIZATIONS, JOBS_EACH = 100, 20
TOKEN = "A" + "0" * 23
# What a decision costs before it decides anything: its words are read, and a script is called.
NO_DECISION = "return 'A'"
ENOUGH, NEVER = 60_000_000, 2**53 - 1
# Of nobody: the organizations of the database have other numbers.
FIRST = 1_000_000
PROCESSES, TRIES, MOST = 16, 60, 640


class Commands(NamedTuple):
    """A file of commands, and what the text of every answer must begin with."""

    file: Path
    expect: str


class Asked(NamedTuple):
    """What the store is asked alone: decisions, the same spending nothing, their words to an empty script, and GETs."""

    decisions: Commands
    unspent: Commands
    words: Commands
    gets: Commands


def limits(*, most: int = ENOUGH, burst: int = 1_000, period_s: int = 60) -> list[Limit]:
    """Three rates, a quota of requests a day and one of generations a month, and running jobs."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rate: dict[str, Any] = {"limit": most, "period_s": period_s, "burst": burst}
    return [
        _limit(1, **rate),
        _limit(2, **{**rate, "period_s": 60 * period_s}),
        _limit(3, **{**rate, "owner": "key"}),
        _limit(4, limit=most, kind="window", window="day", bounds=_bounds(today, days=1)),
        _limit(5, limit=most, kind="window", window="month", dimension="generations", bounds=_bounds(today, days=30)),
        _limit(6, limit=most, kind="concurrency"),
    ]


def _limit(id: int, **fields: Any) -> Limit:
    usual: dict[str, Any] = {
        "name": f"limit {id}", "owner": "organization", "dimension": "requests", "api_version": None,
        "period_s": None, "burst": None, "mode": "block", "effective_from": None, "effective_until": None,
    }  # fmt: skip
    return Limit(id=id, **{**usual, **fields})


def _bounds(start: datetime, *, days: int) -> tuple[datetime, ...]:
    return tuple(start + timedelta(days=days * number) for number in range(3))


def write(var: Path) -> Asked:
    """Write the commands, with what they need in the store."""
    counters, asked = store.Store(_url(), timeout=10), limits()
    for script in (limiter.SCRIPT, NO_DECISION):
        counters.ask("SCRIPT", "LOAD", script)
    for organization in range(FIRST, FIRST + ORGANIZATIONS):
        prepare(counters, organization, asked)
    decisions = [
        _command(_spending(organization, f"{organization}{job:024}", asked))
        for organization in range(FIRST, FIRST + ORGANIZATIONS)
        for job in range(JOBS_EACH)
    ]
    names = [tokens.name(organization) for organization in range(FIRST, FIRST + ORGANIZATIONS)]
    return Asked(
        _written(var / "decisions", decisions, expect="A"),
        _written(var / "unspent", _with(decisions, "spend", "peek"), expect="P"),
        _written(var / "words", _with(decisions, calls.SHA, store.sha(NO_DECISION)), expect="A"),
        _written(var / "gets", [b"*2\r\n" + calls.bulk("GET") + calls.bulk(name) for name in names], expect=TOKEN),
    )


def _with(commands: Sequence[bytes], word: str, other: str) -> list[bytes]:
    return [command.replace(calls.bulk(word), calls.bulk(other)) for command in commands]


def _written(file: Path, commands: Sequence[bytes], *, expect: str) -> Commands:
    file.write_bytes(payload.pack(commands))
    return Commands(file, expect)


def prepare(counters: store.Store, organization: int, asked: list[Limit]) -> None:
    """Give an organization a token, and windows of which nothing is used."""
    counters.ask("SET", tokens.name(organization), TOKEN)
    for limit in asked:
        if limit.kind == "window":
            name = calls.counter(organization, organization, limit, start=limit.bounds[0])
            counters.ask("SET", name, struct.pack("<dd", 0, NEVER), "EX", 86_400)


def _spending(organization: int, job: str, asked: list[Limit], memory: dict[Any, Any] | None = None) -> Spending:
    return Spending(
        organization=organization,
        key=organization,
        limits=asked,
        units=1,
        decision_id=job,
        token=TOKEN,
        public_id="0" * 12,
        api_version="v2",
        caller="203.0.113.7|python-requests/2.32",
        about=f"1|{organization}|v2",
        # A secret's use is noted once in some seconds.
        notes_use=False,
        memory=memory,
    )


def _command(spending: Spending) -> bytes:
    return limiter._command(spending, limiter.prepared(spending, at=datetime.now(UTC)), "")


def admitted_by_all(organization: int = FIRST + ORGANIZATIONS) -> int:
    """Ask in 16 processes for more than MOST of one organization, of which each limit admits MOST; returns how many."""
    prepare(store.Store(_url(), timeout=10), organization, limits())
    with get_context("spawn").Pool(PROCESSES) as workers:
        asked = [(_url(), organization, number) for number in range(PROCESSES)]
        return sum(workers.starmap_async(try_often, asked).get(timeout=120))


def try_often(url: str, organization: int, number: int) -> int:
    """Ask TRIES times; returns how often the answer was yes."""
    # A burst of a day: within the bench nothing flows back.
    asked, memory = limits(most=MOST, burst=MOST, period_s=86_400 * MOST), dict[Any, Any]()
    asking = Limiter(store.Store(url, timeout=30))
    jobs = [f"{number}.{one}" for one in range(TRIES)]
    return sum(asking.spend(_spending(organization, job, asked, memory)).state == "admitted" for job in jobs)


def _url() -> str:
    from django.conf import settings

    return str(settings.VALKEY_URL)
