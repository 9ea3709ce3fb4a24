"""Calls a WSGI application in its own process, without a server, with a stopwatch on its steps.

Run as `python -m bench.stepping PLAN`; prints what each step took as JSON.
"""

import importlib
import io
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import payload
from bench.stopwatch import WHOLE, Spent, Step, Stopwatch

WARM_UP = 50
UNTIMED = "the whole call"


@dataclass(frozen=True)
class Plan:
    """What to call with which bodies. `once`: each body one time, in order; otherwise at random, `calls` times."""

    application: str
    path: str
    authorization: str
    bodies: str
    expect: str
    steps: Sequence[Sequence[Any]] = ()
    calls: int = 2_000
    once: bool = False
    cores: tuple[int, ...] = ()


def run(plan: Plan) -> dict[str, Spent]:
    """Call the application; returns what each step took, and as UNTIMED the whole call without the stopwatch."""
    module, _, name = plan.application.partition(":")
    application = getattr(importlib.import_module(module), name)
    bodies = list(_order(plan, payload.unpack(Path(plan.bodies).read_bytes())))
    # Connections are opened, statements prepared and caches filled before the stopwatch is put on.
    warm = max(1, min(WARM_UP, len(bodies) // 10))
    for body in bodies[:warm]:
        _call(application, plan, body)
    without = [_seconds(application, plan, body) for body in bodies[warm : warm + (len(bodies) - warm) // 2]]
    stopwatch = Stopwatch()
    for step in plan.steps:
        stopwatch.wrap(Step(*step))
    timed = stopwatch.timed(Step(WHOLE, plan.application), application)
    for body in bodies[warm + len(without) :]:
        _call(timed, plan, body)
        stopwatch.lap()
    return {UNTIMED: Spent(statistics.median(without) * 1e6, 0.0, 1.0), **stopwatch.spent()}


def _order(plan: Plan, bodies: Sequence[bytes]) -> Iterator[bytes]:
    return iter(bodies if plan.once else random.Random().choices(bodies, k=plan.calls))


def _seconds(application: Callable[..., Any], plan: Plan, body: bytes) -> float:
    began = time.perf_counter()
    _call(application, plan, body)
    return time.perf_counter() - began


def _call(application: Callable[..., Any], plan: Plan, body: bytes) -> None:
    """Post the body as a server would; AssertionError where the answer is not as expected."""
    statuses: list[str] = []
    answer = application(_environ(plan, body), lambda status, headers, exc_info=None: statuses.append(status))
    text = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    assert statuses[0].startswith("200"), (statuses, text)
    assert plan.expect.encode() in text, text


def _environ(plan: Plan, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": plan.path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": plan.authorization,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }


def main() -> None:
    plan = Plan(**json.loads(sys.argv[1]))
    if plan.cores:
        os.sched_setaffinity(0, plan.cores)
    print(json.dumps(run(plan)))


if __name__ == "__main__":
    main()
