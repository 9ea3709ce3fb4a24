"""Which events somebody may see at all. It is applied beside every question, and no question can widen it."""

from dataclasses import dataclass
from typing import Any, Protocol

from audit.conditions import Condition, among
from audit.verbs import Verb

# What somebody may search who may not search everything, by what lets them. A pilot is limits for a time.
KEYS_AND_LIMITS = ("key.", "leak.", "limit.", "pilot.", "pool.", "reservation.")
BILLING = (
    "contract.", "period.", "statement.", "adjustment.", "generation.", "reject.", "usage.", "export.", "finance.",
)  # fmt: skip
PARTS = {"audit.see_keys": KEYS_AND_LIMITS, "audit.see_billing": BILLING}


class Person(Protocol):
    """What audit knows of the signed-in person: `request.staff`."""

    @property
    def organizations(self) -> frozenset[str] | None: ...

    def organizations_for(self, permission: Any) -> frozenset[str] | None: ...

    def can(self, permission: Any, obj: Any = None, *, fresh: bool | None = None) -> bool: ...


@dataclass(frozen=True)
class Scope:
    """What is in reach, None for all: organizations, kinds of targets outside any organization, and verbs.

    Of the organizations in `whole` every verb is in reach; `parts` are further verbs, each with where they are.
    """

    organizations: frozenset[str] | None
    outside: frozenset[str] | None
    verbs: frozenset[str] | None = None
    whole: frozenset[str] = frozenset()
    parts: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()

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
        if not self.whole and not self.parts:
            return [among("verb", sorted(self.verbs))]
        reached: list[tuple[str, tuple[list[str], ...]]] = [("verb = ANY(%s)", (sorted(self.verbs),))]
        if self.whole:
            reached.append(("organization = ANY(%s)", (sorted(self.whole),)))
        for verbs, organizations in self.parts:
            reached.append(("(verb = ANY(%s) AND organization = ANY(%s))", (sorted(verbs), sorted(organizations))))
        sql = " OR ".join(part for part, _ in reached)
        return [Condition(f"({sql})", tuple(value for _, values in reached for value in values))]

    def reaches(self, type: str, id: str) -> bool:
        """Whether the object is an organization in reach: its history may be read even where it is empty."""
        return type == "organization" and (self.organizations is None or id in self.organizations)


def of(person: Person) -> Scope:
    """Whoever sees all organizations sees what belongs to none of them as far as their role shows such things."""
    return Scope(person.organizations, _outside(person, person.organizations))


def of_log(person: Person) -> Scope:
    """The scope of a search over the log: where the person may search it, which is less than what they may see.

    For some roles, or in some organizations, it is about keys and limits alone, or about bills.
    """
    searched, whole = person.organizations_for("audit.see"), person.organizations_for("audit.see_all")
    outside = _outside(person, searched)
    if whole is None or whole == searched:
        return Scope(searched, outside)
    found = [(_verbs_of(prefixes), person.organizations_for(name)) for name, prefixes in PARTS.items()]
    everywhere = frozenset[str]().union(*(verbs for verbs, where in found if where is None or where == searched))
    some = tuple((verbs, where) for verbs, where in found if where and where != searched)
    return Scope(searched, outside, everywhere, whole, some)


def _verbs_of(prefixes: tuple[str, ...]) -> frozenset[str]:
    return frozenset(verb.value for verb in Verb if verb.value.startswith(prefixes))


def _outside(person: Person, organizations: frozenset[str] | None) -> frozenset[str] | None:
    if organizations is not None:
        return frozenset()
    if person.can("staff.see"):
        return None
    kinds = {"gateway": "gateway.see", "pool": "capacity.see", "reject": "usage.see", "finance": "finance.export"}
    return frozenset(kind for kind, permission in kinds.items() if person.can(permission))
