"""What counting a generation costs with very many in the ledger, against few: `make bench-ledger`.

Two databases in one PostgreSQL, alike but for the number of generations in the ledger: a million, and fifty of them,
spread over a year, with their rollups and idempotency claims. Batches of 200 are counted by `ledger.append` in this
process, in turns, without HTTP. Prints the conditions, a table, and as its last line the figure: the time of a
generation in the large ledger as a multiple of that in the small one.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
from psycopg.conninfo import make_conninfo

from bench import conditions, cpu, figures, generations, report, stack
from bench.payload import Customer

ORGANIZATIONS, KEYS_EACH = 50, 2
FEW, MANY = 1_000_000, 50_000_000
BATCHES, WARM_UP_BATCHES = 60, 10
FEW_DATABASE = "few"
# With its indexes, its part of the rollups and of the log that is written meanwhile.
BYTES_EACH = 700
HEAD = ("ledger", "generations", "size", "µs a generation", "× few", "batch p50 ms", "batch p99 ms")


@dataclass(frozen=True)
class Ledger:
    """One of the two databases, with how many generations it was filled with and how large it is on disk."""

    name: str
    database: str
    rows: int
    size: str


def main() -> None:
    options = _options()
    began = time.monotonic()
    cores = cpu.shared(cpu.available())
    _check_room(options.many)
    with stack.stores(cores) as var:
        # Its models need the settings of this stack.
        from bench import customers

        known = customers.sign_up(ORGANIZATIONS, keys_each=KEYS_EACH)
        ledgers = _filled(var, options)
        filled = time.monotonic() - began
        print(*conditions.lines(*_conditions(options, filled)), sep="\n", end="\n\n", flush=True)
        milliseconds = _measure(ledgers, known, options)
    _print(ledgers, milliseconds)
    print(f"Took {time.monotonic() - began:.0f} s.\n\n{last_line(milliseconds)}")


def last_line(milliseconds: Sequence[Sequence[Sequence[float]]]) -> str:
    """Return the figure, from the batches' times by ledger (few, many) and round."""
    few, many = (_means(of_rounds) for of_rounds in milliseconds)
    return figures.last_line(
        us_per_generation=figures.median(many) * 1000 / generations.BATCH,
        ledger_many_vs_few=figures.median_ratio(many, few),
    )


def _means(of_rounds: Sequence[Sequence[float]]) -> list[float]:
    return [sum(one) / len(one) for one in of_rounds]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=figures.ROUNDS)
    parser.add_argument("--batches", type=int, default=BATCHES, help="of each sample")
    parser.add_argument("--few", type=int, default=FEW, help="generations in the small ledger")
    parser.add_argument("--many", type=int, default=MANY, help="generations in the large ledger")
    return parser.parse_args()


def _check_room(rows: int) -> None:
    free, wanted = shutil.disk_usage(stack.ROOT).free, rows * BYTES_EACH
    if free < wanted:
        raise stack.StackError(f"{rows:,} generations take about {wanted / 1e9:.0f} GB, and {free / 1e9:.0f} are free.")


def _conditions(options: argparse.Namespace, filled: float) -> Iterable[tuple[str, str]]:
    yield "Customers", f"{ORGANIZATIONS} organizations with {KEYS_EACH} keys each; the n-th key has a share of 1/n"
    yield "Ledgers", f"{options.few:,} and {options.many:,} generations over a year, filled in {filled:.0f} s"
    yield "Claims", "half of the last 36 days' generations hold an idempotency key, and half of those that are reported"
    yield (
        "Samples",
        f"{options.rounds} rounds, interleaved; {options.batches} batches of {generations.BATCH}, one caller",
    )


def _filled(var: Path, options: argparse.Namespace) -> list[Ledger]:
    """Make the second database like the first one, and fill both."""
    from django.db import connection
    from django.utils import timezone

    from axis_admin import embedded
    from bench import many_generations
    from metering import partitions

    now, whose = timezone.now(), many_generations.of_every_key()
    partitions.ensure_between(now - many_generations.YEAR, now)
    connection.close()
    login = stack.owner_login(var)
    with psycopg.connect(make_conninfo(login, dbname="postgres"), autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {FEW_DATABASE} TEMPLATE {embedded.DATABASE}")
    ledgers = []
    for name, database, rows in (("few", FEW_DATABASE, options.few), ("many", embedded.DATABASE, options.many)):
        own = make_conninfo(login, dbname=database)
        many_generations.write(own, rows, whose=whose, until=now)
        ledgers.append(Ledger(name, database, rows, _size(own, database)))
    with psycopg.connect(make_conninfo(login, user="postgres", dbname="postgres"), autocommit=True) as superuser:
        superuser.execute("CHECKPOINT")
    return ledgers


def _size(login: str, database: str) -> str:
    with psycopg.connect(login) as connection:
        found = connection.execute("SELECT pg_size_pretty(pg_database_size(%s))", [database]).fetchone()
        return str(found[0]) if found else ""


def _measure(
    ledgers: Sequence[Ledger], customers: Sequence[Customer], options: argparse.Namespace
) -> list[list[list[float]]]:
    """Return how many milliseconds each batch took, by ledger and round."""
    taken: list[list[list[float]]] = [[] for _ in ledgers]
    for number in range(options.rounds):
        turn = list(zip(ledgers, taken, strict=True))
        for one, of_it in turn if number % 2 else reversed(turn):
            with _in_database(one.database):
                _count_all(_batches(WARM_UP_BATCHES, customers))
                of_it.append(_count_all(_batches(options.batches, customers)))
    return taken


@contextmanager
def _in_database(name: str) -> Iterator[None]:
    """Inside, this process's connection is to the database of this name."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _batches(count: int, customers: Sequence[Customer]) -> list[list[Any]]:
    bodies = generations.batches(count, customers, since=datetime.now(UTC), chance=Random())
    return [json.loads(body)["generations"] for body in bodies]


def _count_all(batches: Sequence[list[Any]]) -> list[float]:
    from metering import ledger

    taken = []
    for items in batches:
        began = time.perf_counter()
        told = ledger.append(items=items, source="bench", gateway="bench", now=datetime.now(UTC))
        taken.append((time.perf_counter() - began) * 1000)
        assert ledger.summary(told)["accepted"] == generations.BATCH, told[0]
    return taken


def _print(ledgers: Sequence[Ledger], milliseconds: Sequence[Sequence[Sequence[float]]]) -> None:
    means = [_means(of_rounds) for of_rounds in milliseconds]
    rows = []
    for one, of_rounds, mean in zip(ledgers, milliseconds, means, strict=True):
        ascending = sorted(batch for of_round in of_rounds for batch in of_round)
        rows.append(
            [
                one.name,
                f"{one.rows:,}",
                one.size,
                report.cell(figures.median(mean) * 1000 / generations.BATCH, 1),
                report.cell(figures.median_ratio(mean, means[0]), 2),
                report.cell(figures.percentile(ascending, 0.5), 1),
                report.cell(figures.percentile(ascending, 0.99), 1),
            ]
        )
    print(figures.table(HEAD, rows), end="\n\n")
    for one, mean in zip(ledgers, means, strict=True):
        print(f"- {one.name}, ms a batch by round: {figures.rounds(mean)}")
    print()


if __name__ == "__main__":
    report.or_one_line(main)
