"""Close the billing periods of 2,000 organizations, whatever was generated in them: `make bench-close`.

Two databases that differ in the number of generations alone; every sample closes a fresh copy of one of them, with as
many worker processes as there are cores, by the code of the sweep: agreement with the gateways by the hour, drafts,
numbered and chained statements, letters to the customers, and all of it in the audit trail. Samples are interleaved.
The periods are in review and have been looked at by its own sweep, as every five minutes of those days: hours that
agreed then, and in which nothing has happened since, are not compared again. `--unseen` has nobody look before.
"""

import argparse
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
from psycopg.conninfo import make_conninfo

from bench import conditions, cpu, figures, report, stack

ORGANIZATIONS, ROUNDS = 2_000, 3
# Hours of a month by two API versions: what each of the small database's rows stands for is one generation.
TIMES = 1_000
FEW, MANY = "few", "many"
_LEDGER_READS = """
SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0) FROM pg_stat_user_tables
WHERE relname LIKE 'metering_generation%'
"""


def main() -> None:
    options = _options()
    began = time.monotonic()
    with stack.stores(cpu.shared(cpu.available())) as var:
        from bench import many_periods

        login = stack.owner_login(var)
        many_periods.make_pattern()
        many_periods.write(login, organizations=options.organizations, generations=1)
        for name in (FEW, MANY):
            if name == MANY:
                many_periods.multiply(login, options.times)
            if not options.unseen:
                many_periods.look(login)
            _copy(login, name)
        print(f"written after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        print(*conditions.lines(*_conditions(login, options)), sep="\n", end="\n\n", flush=True)
        seconds = _measure(login, options)
    rows = [[name, figures.plain(figures.median(of)), figures.rounds(of)] for name, of in seconds.items()]
    print(figures.table(("generations", "seconds", "rounds"), rows))
    print(f"Took {time.monotonic() - began:.0f} s.\n\n{last_line(seconds)}")


def last_line(seconds: dict[str, list[float]]) -> str:
    """Return the figures: seconds for closing them all, and what many generations cost against few."""
    return figures.last_line(
        close_s=figures.median(seconds[MANY]), close_many_vs_few=figures.median_ratio(seconds[MANY], seconds[FEW])
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--organizations", type=int, default=ORGANIZATIONS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--times", type=int, default=TIMES, help="generations of the large database by the small one's")
    parser.add_argument("--unseen", action="store_true", help="compare each hour in the close, nothing before it")
    parser.add_argument("--workers", type=int, default=len(cpu.available()))
    return parser.parse_args()


def _conditions(login: str, options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    with _connected(login, FEW) as database:
        hours, generations = database.execute("SELECT count(*), sum(generations) FROM metering_usagehour").fetchone()
    yield "Periods", f"{options.organizations:,}, {hours:,} hours of theirs, as many told by a gateway"
    yield "Generations", f"{generations:,} and {generations * options.times:,}"
    yield "Looked at before", "no" if options.unseen else "yes, by the sweep over periods in review"
    yield "Workers", f"{options.workers} processes"


def _measure(login: str, options: argparse.Namespace) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {FEW: [], MANY: []}
    for _ in range(options.rounds):
        for name in seconds:
            _copy(login, "sample", template=name)
            seconds[name].append(_sample(login, options))
            _drop(login, "sample")
    return seconds


def _sample(login: str, options: argparse.Namespace) -> float:
    """Close everything that is due in the sample's database, and check that it was; returns the seconds."""
    with ExitStack() as opened:
        workers = [opened.enter_context(_worker()) for _ in range(options.workers)]
        with _connected(login, "sample") as database:
            before = database.execute(_LEDGER_READS).fetchone()[0]
            parts = _due(database)
        began = time.perf_counter()
        finals = _work_off(workers, parts)
        seconds = time.perf_counter() - began
    with _connected(login, "sample") as database:
        issued = database.execute("SELECT count(*) FROM metering_statement").fetchone()[0]
        reads = database.execute(_LEDGER_READS).fetchone()[0] - before
    if not finals == issued == options.organizations + 1:
        raise report.Spoiled(f"{finals} periods became final with {issued} statements.")
    if reads:
        raise report.Spoiled(f"The ledger was read {reads} times.")
    return seconds


def _due(database: psycopg.Connection) -> list[list[int]]:
    """The parts that the sweep would give to the workers."""
    from metering import advancing

    rows = database.execute("SELECT id FROM metering_billingperiod WHERE state = 'review' ORDER BY id").fetchall()
    ids = [row[0] for row in rows]
    return [ids[start : start + advancing.AT_ONCE] for start in range(0, len(ids), advancing.AT_ONCE)]


def _work_off(workers: Sequence["subprocess.Popen[str]"], parts: Sequence[Sequence[int]]) -> int:
    """Give each worker the next part whenever it is done with one; returns how many periods became final."""
    waiting: queue.SimpleQueue[Sequence[int]] = queue.SimpleQueue()
    for part in parts:
        waiting.put(part)
    finals: list[int] = []
    threads = [threading.Thread(target=_serve, args=(worker, waiting, finals)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(finals)


def _serve(worker: "subprocess.Popen[str]", waiting: "queue.SimpleQueue[Sequence[int]]", finals: list[int]) -> None:
    assert worker.stdin is not None
    assert worker.stdout is not None
    with contextlib.suppress(queue.Empty, ValueError):
        while True:
            print(json.dumps(waiting.get_nowait()), file=worker.stdin, flush=True)
            finals.append(int(worker.stdout.readline()))


@contextmanager
def _worker() -> Iterator["subprocess.Popen[str]"]:
    """A process that waits for work in the sample's database."""
    environ = {**os.environ, "PYTHONPATH": str(stack.ROOT)}
    command = [sys.executable, "-m", "bench.closing", "sample"]
    started = subprocess.Popen(
        command, cwd=stack.ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert started.stdout is not None
        if started.stdout.readline().strip() != "ready":
            raise stack.StackError("A worker did not start.")
        yield started
    finally:
        started.kill()
        started.wait()


@contextmanager
def _connected(login: str, name: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(make_conninfo(login, dbname=name)) as connection:
        yield connection


def _copy(login: str, name: str, *, template: str = "") -> None:
    from django.db import connection

    from axis_admin import embedded

    connection.close()
    with psycopg.connect(make_conninfo(login, user="postgres", dbname="postgres"), autocommit=True) as owner:
        owner.execute(
            f"CREATE DATABASE {name} TEMPLATE {template or embedded.DATABASE} OWNER {embedded.OWNER} STRATEGY FILE_COPY"
        )


def _drop(login: str, name: str) -> None:
    with psycopg.connect(make_conninfo(login, user="postgres", dbname="postgres"), autocommit=True) as owner:
        owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
        owner.execute("CHECKPOINT")


if __name__ == "__main__":
    report.or_one_line(main)
