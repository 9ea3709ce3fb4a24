"""How long a gateway that keeps identities still takes a key for good after it was revoked.

The gateway is the example of docs/gateway.md, word for word: it polls the change feed once a second.
"""

import http.client
import json
import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit import trail
from bench.payload import Customer
from keys import actions
from keys.models import KeySecret
from orgs import changes

POLL_SECONDS = 1.0
# A gateway asks its cache for every call; so often is a call of this key.
LOOK_SECONDS = 0.005
PATIENCE_SECONDS = 10.0
_EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Watch:
    """One revocation: when it began, when it had answered, and when each gateway first refused the key."""

    customer: Customer
    began: float = 0.0
    answered: float = 0.0
    refused: dict[str, float] = field(default_factory=dict)


class Gateway:
    """A gateway process: it polls in one thread and is asked about keys in another."""

    def __init__(self, name: str, *, port: int, credential: str, docs: Path) -> None:
        self.name = name
        self._port, self._credential = port, credential
        self._lines = threading.local()
        names: dict[str, Any] = {}
        (source,) = _EXAMPLE.findall(docs.read_text())
        exec(compile(source, str(docs), "exec"), names)  # noqa: S102
        self.identities = names["Identities"](self._call, name)
        self.identities.poll()
        self._is_over = threading.Event()
        threading.Thread(target=self._poll, daemon=True).start()

    def stop(self) -> None:
        self._is_over.set()

    def code(self, customer: Customer) -> str:
        return str(self.identities.who(customer.credential, customer.organization, "v2")["code"])

    def watch(self, watch: Watch) -> None:
        """Ask about the key until it is refused."""
        end = time.perf_counter() + PATIENCE_SECONDS
        while self.code(watch.customer) == "VALID":
            if time.perf_counter() > end:
                return
            time.sleep(LOOK_SECONDS)
        watch.refused[self.name] = time.perf_counter()

    def _poll(self) -> None:
        # Gateways do not start at the same moment.
        at = time.perf_counter() + random.random() * POLL_SECONDS
        while not self._is_over.wait(max(0.0, at - time.perf_counter())):
            at += POLL_SECONDS
            while self.identities.poll():
                pass

    def _call(self, method: str, path: str, body: Any) -> tuple[int, Any, Any]:
        if not hasattr(self._lines, "line"):
            self._lines.line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        headers = {"Authorization": f"Bearer {self._credential}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body)
        self._lines.line.request(method, f"/gateway/v1/{path}", sent, headers)
        answer = self._lines.line.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())


def revoke(gateways: Sequence[Gateway], customers: Sequence[Customer], told: Callable[[str], None]) -> list[Watch]:
    """Revoke each customer's key, as staff do, while every gateway is asked about it."""
    watches = []
    for number, customer in enumerate(customers, start=1):
        codes = {gateway.code(customer) for gateway in gateways}
        assert codes == {"VALID"}, codes
        watches.append(_revoked(gateways, Watch(customer)))
        if number % 25 == 0:
            told(f"{number} of {len(customers)} revoked")
    return watches


def _revoked(gateways: Sequence[Gateway], watch: Watch) -> Watch:
    threads = [threading.Thread(target=gateway.watch, args=[watch]) for gateway in gateways]
    for thread in threads:
        thread.start()
    # At no fixed distance from anybody's polling.
    time.sleep(random.random() * POLL_SECONDS / 2)
    key = KeySecret.objects.select_related("key__organization").get(public_id=watch.customer.public_id).key
    watch.began = time.perf_counter()
    key = actions.revoke_key(key=key, actor=trail.SYSTEM, code="leaked", reason="Revoked by the bench")
    changes.settle(key.organization)
    watch.answered = time.perf_counter()
    for thread in threads:
        thread.join()
    return watch
