"""The servers that validate is measured on and against, with what each of them is asked."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from bench import cpu, payload, sampling, stack
from bench.load import Plan
from bench.payload import Customer
from bench.sampling import Sample

EMPTY, VALIDATE, VIEW, PEER = "empty Django view", "validate", "validate, by the view alone", "HasAPIKey"
PEER_DATABASE = "peer"
WARM_UP_SECONDS = 0.5
# Of every so-many-th answer the body is parsed.
KEEP = 97
# Every answer's body must contain this: admitted, and by counting.
ADMITTED = r'"code": ?"VALID".*"degraded": ?false'


@dataclass(frozen=True)
class Target:
    """A server with what it is asked, and what its answers must say."""

    server: stack.Server
    requests: Path
    expect: str

    def ask_everything_once(self, cores: cpu.Cores) -> None:
        """Have the server know every customer, as it does after its first minutes."""
        plan = Plan(self.server.port, str(self.requests), once=True, seconds=0.0, warm_up=0.0, cores=tuple(cores.load))
        sampling.of_load(plan, servers=self.server.pids)

    def sample(self, cores: cpu.Cores, *, connections: int, seconds: float) -> Sample:
        """Ask at random over so many connections for so long."""
        plan = Plan(
            port=self.server.port,
            requests=str(self.requests),
            connections=connections,
            seconds=seconds,
            warm_up=WARM_UP_SECONDS,
            expect=self.expect,
            keep=KEEP,
            cores=tuple(cores.load),
        )
        return sampling.of_load(plan, servers=self.server.pids)


@contextmanager
def running(
    var: Path, cores: cpu.Cores, *, customers: Sequence[Customer], credential: str
) -> Iterator[Mapping[str, Target]]:
    """Inside, all of them answer, each on one process; `credential` is the gateway's."""
    environ = _peer_database(var)
    keys = _peer_keys(environ, len(customers))
    bodies = [payload.ask(customer) for customer in customers]
    servers = {
        EMPTY: stack.Server("empty", "bench.empty:application", var=var),
        VALIDATE: stack.gateway(var),
        VIEW: stack.gateway(var, name="gateway-view", AXIS_FAST_VALIDATE="0"),
        PEER: stack.Server("peer", "bench.peer:application", var=var, environ=environ),
    }
    validate = ("/gateway/v1/keys/validate", [f"Bearer {credential}"] * len(bodies), ADMITTED)
    asked = {
        EMPTY: ("/", [""] * len(bodies), ""),
        VALIDATE: validate,
        VIEW: validate,
        PEER: ("/", [f"Api-Key {key}" for key in keys], r'"valid": ?true'),
    }
    with ExitStack() as opened:
        for server in servers.values():
            opened.enter_context(server.running(cores.server))
        yield {name: _target(var, servers[name], bodies, *asked[name]) for name in servers}


def _target(
    var: Path, server: stack.Server, bodies: Sequence[bytes], path: str, authorizations: Sequence[str], expect: str
) -> Target:
    requests = [
        payload.request(path, body, port=server.port, authorization=authorization)
        for body, authorization in zip(bodies, authorizations, strict=True)
    ]
    file = var / f"{server.name}.requests"
    file.write_bytes(payload.pack(requests))
    return Target(server, file, expect)


def _peer_database(var: Path) -> dict[str, str]:
    """Make the peer's database in the same PostgreSQL; returns what its settings read."""
    login = stack.owner_login(var)
    with psycopg.connect(login, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {PEER_DATABASE}")
    return {"BENCH_DATABASE": make_conninfo(login, dbname=PEER_DATABASE)}


def _peer_keys(environ: Mapping[str, str], count: int) -> list[str]:
    command = [sys.executable, "-m", "bench.peer", str(count)]
    made = subprocess.run(
        command, cwd=stack.ROOT, env={**os.environ, **environ}, check=True, capture_output=True, text=True
    )
    keys: list[str] = json.loads(made.stdout)
    return keys
