"""Which events somebody may see at all. It is applied beside every question, and no question can widen it."""

from dataclasses import dataclass
from typing import Any, Protocol

from audit.conditions import Condition, among
from audit.verbs import Verb

# What somebody may search who may not search everything.
KEYS_AND_LIMITS = ("key.", "leak.", "limit.", "pool.", "reservation.")


class Person(Protocol):
    """What audit knows of the signed-in person: `request.staff`."""

    @property
    def organizations(self) -> frozenset[str] | None: ...

    def organizations_for(self, permission: Any) -> frozenset[str] | None: ...

    def can(self, permission: Any, obj: Any = None, *, fresh: bool | None = None) -> bool: ...


@dataclass(frozen=True)
class Scope:
    """What is in reach, None for all: organizations, kinds of targets outside any organization, and verbs.

    Of the organizations in `whole` every verb is in reach.
    """

    organizations: frozenset[str] | None
    outside: frozenset[str] | None
    verbs: frozenset[str] | None = None
    whole: frozenset[str] = frozenset()

    def conditions(self) -> list[Condition]:
        """What each question must hold besides."""
        within = self._verbs()
        if self.organizations is not None:
            return [among("organization", sorted(self.organizations)), *within]
        if self.outside is not None:
            return [Condition("(organization <> '' OR target_type = ANY(%s))", (sorted(self.outside),)), *within]
        return within

    def _verbs(self) -> list[Condition]:
        if self.verbs is None:
            return []
        if not self.whole:
            return [among("verb", sorted(self.verbs))]
        values = (sorted(self.verbs), sorted(self.whole))
        return [Condition("(verb = ANY(%s) OR organization = ANY(%s))", values)]

    def reaches(self, type: str, id: str) -> bool:
        """Whether the object is an organization in reach: its history may be read even where it is empty."""
        return type == "organization" and (self.organizations is None or id in self.organizations)


def of(person: Person) -> Scope:
    """Whoever sees all organizations sees what belongs to none of them as far as their role shows such things."""
    return Scope(person.organizations, _outside(person, person.organizations))


def of_log(person: Person) -> Scope:
    """The scope of a search over the log: where the person may search it, which is less than what they may see.

    For some roles, or in some organizations, it is about keys and limits alone.
    """
    searched, whole = person.organizations_for("audit.see"), person.organizations_for("audit.see_all")
    outside = _outside(person, searched)
    if whole is None or whole == searched:
        return Scope(searched, outside)
    return Scope(
        searched, outside, frozenset(verb.value for verb in Verb if verb.value.startswith(KEYS_AND_LIMITS)), whole
    )


def _outside(person: Person, organizations: frozenset[str] | None) -> frozenset[str] | None:
    if organizations is not None:
        return frozenset()
    if person.can("staff.see"):
        return None
    kinds = {"gateway": "gateway.see", "pool": "capacity.see"}
    return frozenset(kind for kind, permission in kinds.items() if person.can(permission))
