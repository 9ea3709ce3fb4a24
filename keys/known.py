"""Who is known in this process without a round trip: customers by their organization's token, and gateways.

An identity that is remembered is only good together with the answer of the counter store that its token is the same; a
gateway's credential, and a stranger, as long as the change feed is being read.
"""

import hashlib
import os
from collections.abc import Sequence

from django.conf import settings

from keys import identities, imports, secrets, tail
from keys.facts import GatewayIdentity, Identity
from keys.limits import pools, running, store
from keys.remembered import Entry, Memory
from keys.secrets import Parsed
from keys.strangers import Strangers
from keys.tail import Tail
from orgs import tokens

MOST_GATEWAYS = 1_000

Known = Entry[Identity]


class _Process:
    """All that this process remembers."""

    def __init__(self) -> None:
        self.tail = Tail(self)
        self.start_over()

    def start_over(self) -> None:
        """Forget everything, and the thread: a child has its parent's memory, but none of its threads."""
        self.tail.stop()
        self.customers: Memory[Identity] = Memory(settings.IDENTITIES_KEPT)
        self.gateways: Memory[GatewayIdentity] = Memory(MOST_GATEWAYS)
        self.strangers = Strangers()
        # What imported credentials begin with, as the tail has read it.
        self.prefixes: frozenset[str] | None = None
        self.tail = Tail(self)

    def forget(self, organizations: Sequence[int]) -> None:
        self.customers.forget(organizations)
        self.strangers.forget_all()
        # What is imported is announced as well.
        self.prefixes = imports.prefixes()

    def forget_gateways(self) -> None:
        self.gateways.forget_all()

    def forget_customers(self) -> None:
        """Drop what rests on tokens: a counter store that was away may have come back as it was yesterday."""
        self.customers.forget_all()

    def forget_all(self) -> None:
        self.customers.forget_all()
        self.gateways.forget_all()
        self.strangers.forget_all()
        self.prefixes = imports.prefixes()


process = _Process()
tail.each_round.extend([pools.pools.reread, running.clear])
os.register_at_fork(after_in_child=process.start_over)


def digest(text: str) -> bytes:
    """Return by what a credential is remembered; whatever was sent has one."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def recall(of: bytes) -> Known | None:
    """Return whose credential this is, as far as this process knows; the token says whether it is still so."""
    entry = process.customers.get(of)
    return entry if entry is not None and process.tail.is_fresh else None


def is_stranger(of: bytes) -> bool:
    """Say whether nobody had this credential a moment ago, and nothing has changed since."""
    return process.strangers.knows(of) and process.tail.is_fresh


def parse(text: str) -> Parsed | None:
    """Read a customer's credential, one of ours or an imported one; None where it is neither."""
    credential = secrets.parse(text)
    if credential is None:
        return secrets.parse_imported(text, _prefixes())
    return None if credential.kind == "gateway" else credential


def look_up(credential: Parsed) -> Known | None:
    """Read whose credential this is, by one statement, and remember it. Raises CounterStoreDown.

    Whose it is tells only the row; so the token is read after it, and everybody's before and after: where that is the
    same, no token of anybody's was renewed in between.
    """
    process.tail.ensure()
    _listen(store.current())
    age = process.customers.age, process.strangers.age
    before = _everybodys()
    identity = identities.find(credential)
    if identity is None:
        process.strangers.note(credential.digest, age=age[1])
        return None
    token, after = _tokens_of(identity.organization.id)
    # Where it was another one, an empty token has the script name the present one, and the row is read once more.
    return _kept(credential, identity, token if before == after else "", age=age[0])


def read_again(text: str, *, token: str) -> Known | None:
    """Read what has become of a credential whose identity was stale; the token was read before."""
    process.tail.ensure()
    age = process.customers.age
    credential = parse(text)
    identity = identities.find(credential) if credential else None
    return _kept(credential, identity, token, age=age) if credential and identity else None


def gateway(text: str) -> GatewayIdentity | None:
    """Return whose gateway credential this is; None where it is nobody's."""
    of = digest(text)
    entry = process.gateways.get(of)
    if entry is not None and process.tail.is_fresh:
        return entry.found
    credential = secrets.parse(text)
    if credential is None or credential.kind != "gateway":
        return None
    process.tail.ensure()
    age = process.gateways.age
    found = identities.find_gateway(credential)
    if found is not None:
        process.gateways.keep(of, Entry(found), age=age)
    return found


def _listen(counters: store.Store) -> None:
    """Forget customers whenever the counter store was away."""
    if _store_was_away not in counters.on_failure:
        counters.on_failure.append(_store_was_away)


def _store_was_away() -> None:
    process.forget_customers()


def _kept(credential: Parsed, identity: Identity, token: str, *, age: int) -> Known:
    entry = Entry(identity, token, identity.organization.id)
    process.customers.keep(credential.digest, entry, age=age)
    return entry


def _everybodys() -> bytes:
    name = tokens.EVERYBODYS
    return store.current().ask_all(("SET", name, tokens.made(), "NX"), ("GET", name))[1]


def _tokens_of(organization: int) -> tuple[str, bytes]:
    """Return the organization's token, and everybody's as it is after that."""
    name = tokens.name(organization)
    commands = [("SET", name, tokens.made(), "NX"), ("GET", name), ("GET", tokens.EVERYBODYS)]
    _, own, everybodys = store.current().ask_all(*commands)
    return own.decode(), everybodys


def _prefixes() -> frozenset[str]:
    found = process.prefixes
    if found is not None and process.tail.is_fresh:
        return found
    process.tail.ensure()
    return imports.prefixes()
