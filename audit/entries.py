"""What the registry says about one verb."""

import re
from dataclasses import dataclass

from audit import sentences

OPERATIONS = frozenset({"create", "update", "delete", "access", "authenticate"})
ALWAYS_KNOWN = frozenset({"actor", "target", "organization"})
# What is named like this is never copied into the trail, whatever an action hands over.
HIDDEN = re.compile(
    r"secret|digest|password|token|cipher|sealed|hash|seed|otp|salt|private",
    re.IGNORECASE,
)
VERB = re.compile(r"[a-z_]+\.[a-z_]+")


@dataclass(frozen=True)
class Entry:
    """A verb, its class of operation, its icon and its sentence; `fields` names what changes and detail may hold.

    ValueError for an unknown operation, a hidden field, or a sentence that speaks of a value it cannot have.
    """

    verb: str
    operation: str
    icon: str
    sentence: str
    fields: str = ""
    needs_reason: bool = False

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise ValueError(f"{self.verb}: {problem}")

    @property
    def allowed(self) -> frozenset[str]:
        """The names that `changes` and `detail` may hold."""
        return frozenset(self.fields.split())

    def _problem(self) -> str:
        if not VERB.fullmatch(self.verb):
            return "a verb is noun.verb_past"
        if self.operation not in OPERATIONS:
            return f"{self.operation} is no operation"
        if hidden := sorted(filter(HIDDEN.search, self.allowed)):
            return f"{', '.join(hidden)} may never be recorded"
        if unknown := sentences.values_of(self.sentence) - ALWAYS_KNOWN - self.allowed:
            return f"the sentence speaks of {', '.join(sorted(unknown))}"
        return ""
