"""Which events somebody may see at all. It is applied beside every question, and no question can widen it."""

from dataclasses import dataclass, replace
from typing import Any, Protocol

from audit.conditions import Condition, among
from audit.verbs import Verb

# What somebody may search who may not search everything.
KEYS_AND_LIMITS = ("key.", "limit.")


class Person(Protocol):
    """What audit knows of the signed-in person: `request.staff`."""

    @property
    def organizations(self) -> frozenset[str] | None: ...

    def can(self, permission: Any, obj: Any = None, *, fresh: bool | None = None) -> bool: ...


@dataclass(frozen=True)
class Scope:
    """What is in reach, None for all: organizations, kinds of targets outside any organization, and verbs."""

    organizations: frozenset[str] | None
    outside: frozenset[str] | None
    verbs: frozenset[str] | None = None

    def conditions(self) -> list[Condition]:
        """What each question must hold besides."""
        within = [] if self.verbs is None else [among("verb", sorted(self.verbs))]
        if self.organizations is not None:
            return [among("organization", sorted(self.organizations)), *within]
        if self.outside is not None:
            return [Condition("(organization <> '' OR target_type = ANY(%s))", (sorted(self.outside),)), *within]
        return within

    def reaches(self, type: str, id: str) -> bool:
        """Whether the object is an organization in reach: its history may be read even where it is empty."""
        return type == "organization" and (self.organizations is None or id in self.organizations)


def of(person: Person) -> Scope:
    """Whoever sees all organizations sees what belongs to none of them as far as their role shows such things."""
    if person.organizations is not None:
        return Scope(person.organizations, frozenset())
    if person.can("staff.see"):
        return Scope(None, None)
    return Scope(None, frozenset({"gateway"}) if person.can("gateway.see") else frozenset())


def of_log(person: Person) -> Scope:
    """The scope of a search over the whole log, which for some roles is about keys and limits alone."""
    scope = of(person)
    if person.can("audit.see_all"):
        return scope
    return replace(scope, verbs=frozenset(verb.value for verb in Verb if verb.value.startswith(KEYS_AND_LIMITS)))
