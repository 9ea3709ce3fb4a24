"""Which events somebody may see at all. It is applied beside every question, and no question can widen it."""

from dataclasses import dataclass
from typing import Any, Protocol

from audit.conditions import Condition, among


class Person(Protocol):
    """What audit knows of the signed-in person: `request.staff`."""

    @property
    def organizations(self) -> frozenset[str] | None: ...

    def can(self, permission: Any, obj: Any = None, *, fresh: bool | None = None) -> bool: ...


@dataclass(frozen=True)
class Scope:
    """The organizations in reach, None for all; the kinds of targets outside any organization, None for all."""

    organizations: frozenset[str] | None
    outside: frozenset[str] | None

    def conditions(self) -> list[Condition]:
        """What each question must hold besides."""
        if self.organizations is not None:
            return [among("organization", sorted(self.organizations))]
        if self.outside is not None:
            return [Condition("(organization <> '' OR target_type = ANY(%s))", (sorted(self.outside),))]
        return []

    def reaches(self, type: str, id: str) -> bool:
        """Whether the object is an organization in reach: its history may be read even where it is empty."""
        return type == "organization" and (self.organizations is None or id in self.organizations)


def of(person: Person) -> Scope:
    """Whoever sees all organizations sees what belongs to none of them as far as their role shows such things."""
    if person.organizations is not None:
        return Scope(person.organizations, frozenset())
    if person.can("audit.see"):
        return Scope(None, None)
    return Scope(None, frozenset({"gateway"}) if person.can("gateway.see") else frozenset())
