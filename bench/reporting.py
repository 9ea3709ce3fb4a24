"""A round of ingest: new batches over HTTP, then the rows that came of them by raw COPY."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psycopg

from bench import copying, cpu, generations, ledger_copy, load, payload, sampling, stack
from bench.payload import Customer
from bench.sampling import Sample

CLIENTS = 4
WARM_UP_BATCHES = 20
# Copying is so much quicker that one time over would be too short a sample.
PASSES = 3
# Of every so-many-th answer the body is parsed; each must contain this.
KEEP = 17
ACCEPTED = rf'"accepted": ?{generations.BATCH},'


@dataclass(frozen=True)
class Copied:
    """A sample of copying."""

    result: copying.Result
    shares: cpu.Shares

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.result.batches * generations.BATCH / self.result.seconds

    @property
    def share(self) -> float:
        """How much of a core the copying process took."""
        return self.result.cpu_seconds / self.result.seconds


@dataclass(frozen=True)
class Rounds:
    """A running stack: its server, who reports to it as which gateway, and how to log in to its database."""

    var: Path
    server: stack.Server
    cores: cpu.Cores
    customers: Sequence[Customer]
    credential: str
    login: str

    def prepare(self) -> None:
        """Make the ledger's copy, and let every process of the server answer its first calls."""
        with self._connection() as connection:
            ledger_copy.make(connection)
        self._report(self.batches(WARM_UP_BATCHES))

    def one(self, count: int) -> tuple[Sample, Copied]:
        """Report so many new batches, then copy what the ledger was given."""
        batches = self.batches(count)
        return self._report(batches), self._copy(batches)

    def counted(self) -> tuple[int, int]:
        """Return how many generations the ledger holds, and how many rows count them. AssertionError if they differ."""
        with self._connection() as connection:
            (held,) = connection.execute("SELECT count(*) FROM metering_generation").fetchone() or (0,)
            query = "SELECT coalesce(sum(generations), 0), count(*) FROM metering_usagehour"
            counted, rows = connection.execute(query).fetchone() or (0, 0)
        assert held == counted, f"The ledger holds {held} generations, and {counted} were counted."
        return held, rows

    def batches(self, count: int) -> list[bytes]:
        """Return so many new batches."""
        return generations.batches(count, self.customers, since=datetime.now(UTC), chance=Random())

    def plan(self, batches: Sequence[bytes], *, rate: float = 0.0) -> load.Plan:
        """Write the requests that report these batches, each once, and say how they are sent."""
        path, authorization = "/gateway/v1/generations", f"Bearer {self.credential}"
        requests = [payload.request(path, body, port=self.server.port, authorization=authorization) for body in batches]
        file = self.var / "batches.requests"
        file.write_bytes(payload.pack(requests))
        return load.Plan(
            self.server.port, str(file), connections=CLIENTS, once=True, rate=rate, expect=ACCEPTED, keep=KEEP,
            cores=tuple(self.cores.load),
        )  # fmt: skip

    def _report(self, batches: Sequence[bytes]) -> Sample:
        return sampling.of_load(self.plan(batches), servers=self.server.pids)

    def _copy(self, batches: Sequence[bytes]) -> Copied:
        ids = [[item["generation_id"] for item in json.loads(body)["generations"]] for body in batches]
        file = self.var / "batches.rows"
        with self._connection() as connection:
            file.write_bytes(payload.pack(ledger_copy.rows_of(connection, ids)))
        plan = copying.Plan(
            login=self.login, table=ledger_copy.COPY, batches=str(file), connections=CLIENTS, passes=PASSES,
            cores=tuple(self.cores.load),
        )  # fmt: skip
        result, shares = sampling.run([sys.executable, "-m", "bench.copying", json.dumps(asdict(plan))])
        return Copied(copying.Result(**result), shares)

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.login, autocommit=True) as connection:
            yield connection
