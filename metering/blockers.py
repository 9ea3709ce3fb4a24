"""What stands in the way of converting a pilot. Pure: facts and the time go in, a list comes out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from keys.models import Pilot
from orgs.models import Contact, Organization


@dataclass(frozen=True)
class Facts:
    """What is known of a pilot and its organization at one time."""

    at: datetime
    state: str
    starts_at: datetime
    ends_at: datetime
    status: str
    plan: str | None = None
    has_contract: bool = True
    contacts: frozenset[str] = frozenset()
    # Holds that have run out and were not followed by a reservation, in words.
    lapsed_holds: tuple[str, ...] = ()
    # Keys by their name: they stop before the pilot does, or with it, or may call what the plan after it has not.
    earlier_keys: tuple[str, ...] = ()
    expiring_keys: tuple[str, ...] = ()
    foreign_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blocker:
    """One thing in the way: what, and what to do about it at which page; `page` takes the organization's id."""

    code: str
    title: str
    remedy: str
    page: str


def blockers(facts: Facts) -> list[Blocker]:
    """Return everything in the way, what only time or an extension heals first."""
    return [blocker for rule in _RULES for blocker in rule(facts)]


def said(found: list[Blocker]) -> str:
    """Say it in a line: `no billing contact, no production plan`; nothing where nothing stands in the way."""
    return ", ".join(blocker.title[0].lower() + blocker.title[1:] for blocker in found)


def _not_running(facts: Facts) -> Iterator[Blocker]:
    page = "metering:pilot"
    if facts.state == Pilot.State.DRAFT or facts.at < facts.starts_at:
        yield Blocker("not_begun", "The pilot has not begun", "It can be converted once it runs.", page)
    elif facts.state == Pilot.State.CANCELLED:
        yield Blocker("cancelled", "The pilot was cancelled", "Start it once more.", "keys:start_pilot")
    elif facts.state == Pilot.State.EXPIRED or facts.ends_at <= facts.at:
        remedy = "Extend it, so that calls pass while it is converted."
        yield Blocker("ended", "The pilot has ended", remedy, "keys:extend_pilot")


def _suspended(facts: Facts) -> Iterator[Blocker]:
    if facts.status == Organization.Status.SUSPENDED:
        yield Blocker("suspended", "The organization is suspended", "Reinstate it.", "orgs:reinstate")
    elif facts.status != Organization.Status.PILOT:
        yield Blocker("not_on_trial", "The organization is not on trial", "There is nothing to convert.", "orgs:detail")


def _plan(facts: Facts) -> Iterator[Blocker]:
    if facts.plan is None:
        yield Blocker("no_plan", "No production plan", "Choose the plan after the pilot.", "keys:change_pilot")


def _contract(facts: Facts) -> Iterator[Blocker]:
    if not facts.has_contract:
        yield Blocker("no_contract", "No contract is in effect", "Open one first.", "metering:for_org")


def _contacts(facts: Facts) -> Iterator[Blocker]:
    if Contact.Kind.BILLING not in facts.contacts:
        yield Blocker("no_billing", "No billing contact", "Add whoever gets the statements.", "orgs:contacts")
    if Contact.Kind.SECURITY not in facts.contacts:
        yield Blocker("no_security", "No security contact", "Add whoever is told of a leak.", "orgs:contacts")


def _holds(facts: Facts) -> Iterator[Blocker]:
    for hold in facts.lapsed_holds:
        yield Blocker("hold_expired", f"The hold of {hold} has run out", "Reserve it anew.", "orgs:org_capacity")


def _keys(facts: Facts) -> Iterator[Blocker]:
    later = "Give it a later expiry."
    for name in facts.earlier_keys:
        yield Blocker("key_expires", f"Key {name} expires before the pilot ends", later, "keys:for_org")
    for name in facts.expiring_keys:
        yield Blocker("key_expires", f"Key {name} expires with the pilot", later, "keys:for_org")
    for name in facts.foreign_keys:
        remedy = "Choose another plan, or take the version from the key."
        yield Blocker("key_version", f"Key {name} may call what the plan does not have", remedy, "keys:for_org")


_RULES: tuple[Callable[[Facts], Iterator[Blocker]], ...] = (
    _not_running, _suspended, _plan, _contract, _contacts, _holds, _keys,
)  # fmt: skip
