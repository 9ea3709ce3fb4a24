"""Two gateway processes, four clients that never stop asking, and one who revokes. Needs a process of its own."""

import http.client
import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.management import call_command

from audit import trail
from axis_admin import embedded
from bench import customers, stack
from bench.payload import Customer
from keys import actions
from keys.models import ApiKey
from orgs import changes, tokens

ORGANIZATIONS, KEYS_EACH = 10, 20
EMPTIED_AT, RESTARTED_AT = 60, 120
CLIENTS_EACH = 2
PATH = "/gateway/v1/keys/validate"


class Hammer:
    """The clients: each asks about keys around the one that is being revoked, and notes every answer."""

    def __init__(self, ports: list[int], known: list[Customer], credential: str) -> None:
        self.known, self.current = known, 0
        # When it was said that the key is refused, on this process's clock.
        self.answered: dict[int, float] = {}
        self.committed: dict[int, float] = {}
        self.codes: Counter[str] = Counter()
        self.late: list[float] = []
        self.after_commit: list[float] = []
        self._stopped = threading.Event()
        self._headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/json"}
        self._threads = [
            threading.Thread(target=self._ask_on, args=[port, number])
            for port in ports
            for number in range(CLIENTS_EACH)
        ]

    @contextmanager
    def asking(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        yield
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _ask_on(self, port: int, number: int) -> None:
        chance, connection = random.Random(port + number), _connect(port)
        while not self._stopped.is_set():
            at_random = chance.random() < 0.3
            index = chance.randrange(len(self.known)) if at_random else self.current + chance.choice((0, 0, 0, -1, 1))
            index %= len(self.known)
            began = time.monotonic()
            try:
                self._note(index, began, self._ask(connection, index))
            except (OSError, http.client.HTTPException):
                connection = _connect(port)

    def _ask(self, connection: http.client.HTTPConnection, index: int) -> str:
        one = self.known[index]
        body = {"credential": one.credential, "organization": one.organization, "api_version": "v2"}
        connection.request("POST", PATH, json.dumps(body), self._headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        return str(told["code"]) if answer.status == 200 else str(answer.status)

    def _note(self, index: int, began: float, code: str) -> None:
        self.codes[code] += 1
        if code != "VALID":
            return
        if began > self.answered.get(index, float("inf")):
            self.late.append(began - self.answered[index])
        if began > self.committed.get(index, float("inf")):
            self.after_commit.append(began - self.committed[index])

    def code_everywhere(self, ports: list[int]) -> Counter[str]:
        """What every process says of every key, asked once more."""
        found: Counter[str] = Counter()
        for port in ports:
            connection = _connect(port)
            found.update(self._ask(connection, index) for index in range(len(self.known)))
        return found


def _connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=30)


def _revoke(hammer: Hammer, index: int) -> ApiKey:
    key = ApiKey.objects.select_related("organization").get(secrets__public_id=hammer.known[index].public_id)
    hammer.current = index
    actions.revoke_key(key=key, actor=trail.SYSTEM, code=ApiKey.RevokeCode.LEAKED, reason="tried out")
    hammer.committed[index] = time.monotonic()
    return key


def revoke_all(hammer: Hammer, stores: embedded.Stores) -> None:
    """Revoke one key after the other as a page does; empty the counter store on the way, and kill it once."""
    for index in range(len(hammer.known)):
        key = _revoke(hammer, index)
        changes.settle(key.organization)
        hammer.answered[index] = time.monotonic()
        time.sleep(0.02)
        if index == EMPTIED_AT:
            redis.Redis.from_url(settings.VALKEY_URL).flushall()
        if index == RESTARTED_AT:
            _restart(stores)


def revoke_unheard(hammer: Hammer) -> None:
    """Revoke some whose tokens are lost, at once, and say so when the feed has had its time."""

    def lose(organization: int) -> None:
        raise redis.ConnectionError("lost")

    tokens.renew = lose
    time.sleep(1)
    keys = {}
    for index in range(0, len(hammer.known), KEYS_EACH):
        keys[index] = _revoke(hammer, index)
        time.sleep(0.1)
    for index, key in keys.items():
        changes.settle(key.organization)
        hammer.answered[index] = time.monotonic()
    time.sleep(1)


def _restart(stores: embedded.Stores) -> None:
    child = stores._children.pop("valkey")
    child.send_signal(signal.SIGKILL)
    child.wait()
    time.sleep(0.3)
    (stores.run / "valkey.sock").unlink(missing_ok=True)
    stores._start_valkey()


def run(how: str) -> dict[str, Any]:
    """Revoke the `whole` lot, or some whose tokens are `lost`; returns what was answered, and what came too late."""
    stores = embedded.Stores(settings.AXIS_VAR, durable=False)
    stores.start()
    with _stopping(stores), ExitStack() as opened:
        call_command("migrate", verbosity=0, interactive=False)
        known, credential = customers.sign_up(ORGANIZATIONS, keys_each=KEYS_EACH), customers.open_gateway()
        servers = [
            opened.enter_context(stack.gateway(Path(settings.AXIS_VAR), name=name).running(frozenset()))
            for name in ("one", "two")
        ]
        ports = [server.port for server in servers]
        hammer = Hammer(ports, known, credential)
        with hammer.asking():
            time.sleep(1)
            revoke_all(hammer, stores) if how == "whole" else revoke_unheard(hammer)
        return _found(hammer, ports)


def _found(hammer: Hammer, ports: list[int]) -> dict[str, Any]:
    return {
        "codes": hammer.codes,
        "revoked": len(hammer.answered),
        "late": hammer.late,
        "after_commit": max(hammer.after_commit, default=0.0),
        "in_the_end": hammer.code_everywhere(ports),
    }


@contextmanager
def _stopping(stores: embedded.Stores) -> Iterator[None]:
    try:
        yield
    finally:
        stores.stop()
