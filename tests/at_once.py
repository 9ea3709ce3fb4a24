"""What is done at the same moment: each act in a thread of its own, with connections of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import connections

Result = TypeVar("Result")
SECONDS = 30


def at_once(*acts: Callable[[], Result]) -> list[Result]:
    """Let all acts begin together; returns what each returned, in their order. Raises what one of them raised."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Result]) -> Result:
        try:
            start.wait(SECONDS)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def outcome(act: Callable[[], Any]) -> Callable[[], str]:
    """Return the act as one that tells "done", or "refused" where the action does so."""

    def told() -> str:
        try:
            act()
        except ValidationError:
            return "refused"
        return "done"

    return told
