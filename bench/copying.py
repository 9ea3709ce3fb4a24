"""Raw COPY, a process of its own: each batch one COPY and one commit, over as many connections as there were clients.

Run as `python -m bench.copying PLAN`. Prints `begin` and then what it took, as the load does.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench import load, payload
from bench.load import BEGIN


@dataclass(frozen=True)
class Plan:
    """Which batches (COPY's text, packed) into which table, and how often, the table emptied before each time."""

    login: str
    table: str
    batches: str
    connections: int
    passes: int
    cores: tuple[int, ...] = ()


@dataclass(frozen=True)
class Result:
    """How long the copying took, without the emptying, and how much of that went into this process."""

    seconds: float
    cpu_seconds: float
    batches: int


def run(plan: Plan) -> Result:
    """Copy all batches, as often as the plan says."""
    batches = payload.unpack(Path(plan.batches).read_bytes())
    connections = [_connect(plan) for _ in range(plan.connections)]
    seconds = cpu_seconds = 0.0
    print(BEGIN, flush=True)
    for _ in range(plan.passes):
        connections[0].execute(f"TRUNCATE {plan.table}")
        cpu, began = time.process_time(), time.perf_counter()
        _share_out(batches, [_copier(connection, plan.table) for connection in connections])
        seconds, cpu_seconds = seconds + time.perf_counter() - began, cpu_seconds + time.process_time() - cpu
    for connection in connections:
        connection.close()
    return Result(seconds, cpu_seconds, len(batches) * plan.passes)


def _connect(plan: Plan) -> psycopg.Connection[Any]:
    connection = psycopg.connect(plan.login, autocommit=True)
    connection.execute("SET synchronous_commit = on")
    return connection


def _copier(connection: psycopg.Connection[Any], table: str) -> Callable[[bytes], None]:
    cursor = connection.cursor()

    def copy(batch: bytes) -> None:
        with cursor.copy(f"COPY {table} FROM STDIN") as stream:
            stream.write(batch)

    return copy


def _share_out(batches: list[bytes], copiers: list[Callable[[bytes], None]]) -> None:
    """Let each copier take the next batch until none is left; raises what a copier raised."""
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for batch in batches:
        waiting.put(batch)
    failures: list[Exception] = []

    def work(copy: Callable[[bytes], None]) -> None:
        try:
            while True:
                copy(waiting.get_nowait())
        except queue.Empty:
            return
        except psycopg.Error as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=[copy]) for copy in copiers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    load.told_to(Plan, run)
