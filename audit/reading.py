"""How an event reads: the sentence, then the difference, then the facts."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property

from audit import verbs
from audit.models import Event

WRITTEN_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
ICONS = {"denied": "no-symbol", "failed": "exclamation-triangle"}
CALLED = {
    "allowed_cidrs": "Allowed addresses",
    "api_versions": "API versions",
    "crm_ref": "CRM reference",
    "last_four": "Last four characters",
    "old_public_id": "Key prefix before",
    "public_id": "Key prefix",
    "rotate_every": "Rotates every",
    "scope": "Reach",
}
# The pages of what can be acted on, by their names: the apps that draw them stand above this one.
PAGES = {
    "organization": "orgs:detail",
    "key": "keys:detail",
    "gateway": "keys:gateway",
    "pool": "orgs:pool",
    "reservation": "orgs:reservation",
    "job": "audit:job",
}


def clock(at: datetime) -> str:
    """A moment to the second, with its zone: 24 Nov 2026, 14:00:51 UTC."""
    local = at.astimezone(UTC)
    return f"{local.day} {local:%b %Y, %H:%M:%S} UTC"


def day(at: datetime) -> str:
    """The day that a list is grouped by: Tuesday 24 November 2026, UTC."""
    local = at.astimezone(UTC)
    return f"{local:%A} {local.day} {local:%B %Y}, UTC"


def words(name: str) -> str:
    """A field's name as people say it: Expires at."""
    return CALLED.get(name) or name.replace("_", " ").capitalize()


def value(raw: Any) -> str:
    """A recorded value as people read it; empty for none."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if isinstance(raw, int):
        return f"{raw:,}".replace("-", "−")
    if isinstance(raw, list):
        return ", ".join(map(str, raw))
    return clock(datetime.fromisoformat(raw)) if WRITTEN_TIME.fullmatch(raw) else str(raw)


@dataclass(frozen=True)
class Reading:
    """One event for the templates."""

    event: Event

    @property
    def icon(self) -> str:
        """An outline icon: the verb's, or that of a refusal."""
        entry = verbs.entry_of(self.event.verb)
        return ICONS.get(self.event.outcome, entry.icon if entry else "question-mark-circle")

    @property
    def time(self) -> str:
        """The time of day, under a heading that names day and zone."""
        return f"{self.event.occurred_at.astimezone(UTC):%H:%M:%S}"

    @property
    def at(self) -> str:
        """The full time with its zone."""
        return clock(self.event.occurred_at)

    @property
    def note(self) -> str:
        """The second line: ticket and reason, or why it was refused and what was asked."""
        why = ": ".join(filter(None, [self.event.ticket, self.event.reason]))
        if self.event.outcome != Event.Outcome.SUCCESS:
            return ", ".join(filter(None, [why, self.event.verb]))
        count = len(self.differences)
        return ", ".join(filter(None, [f"{count} fields" if count > 1 else "", why]))

    @property
    def href(self) -> str:
        """The address of the event's own page."""
        return reverse("audit:event", args=[self.event.id])

    @property
    def item(self) -> dict[str, str]:
        """The event in a feed of few."""
        note = ", ".join(filter(None, [self.at, self.note]))
        return {"icon": self.icon, "text": self.event.sentence, "note": note, "href": self.href}

    @cached_property
    def differences(self) -> list[tuple[str, str, str]]:
        """Field, before, after; none where something was made, because there was no before."""
        if self.event.operation == "create":
            return []
        return [(words(name), value(pair[0]), value(pair[1])) for name, pair in sorted(self.event.changes.items())]

    @property
    def who(self) -> list[tuple[str, str]]:
        """Facts about the actor and where they were."""
        event = self.event
        actor = ", ".join([event.actor_label, *event.actor_roles])
        facts = [
            ("Actor", actor),
            ("Actor id", event.actor_id),
            ("Proof", ", ".join(event.auth_methods)),
            ("On behalf of", event.on_behalf_of),
            ("Address", event.address or ""),
            ("Program", event.user_agent),
        ]
        return [fact for fact in facts if fact[1]]

    @property
    def what(self) -> list[tuple[str, str]]:
        """Facts about the act: when, on what, within which request, and what belongs to the verb alone."""
        event = self.event
        made = event.changes.items() if event.operation == "create" else ()
        own = {name: pair[1] for name, pair in made} | event.detail
        facts = [
            ("Time", self.at),
            ("Verb", event.verb),
            ("Object", f"{event.target_label} ({event.target_id})"),
            ("Organization", event.organization_label),
            ("Approval", event.approval),
            *((words(name), value(raw)) for name, raw in sorted(own.items())),
            ("Request", event.request_id),
            ("Route", event.route),
        ]
        return [fact for fact in facts if fact[1]]

    @property
    def history(self) -> str:
        """The address of everything that happened to the object."""
        return history(self.event.target_type, self.event.target_id)

    @property
    def objects(self) -> list[tuple[str, str, str]]:
        """What the event names, each once: kind, id and label."""
        event = self.event
        named = [(event.target_type, event.target_id, event.target_label)]
        named += [(one["type"], one["id"], one["label"]) for one in event.further]
        if event.organization:
            named.append(("organization", event.organization, event.organization_label))
        return list(dict.fromkeys(named))


def history(kind: str, id: str) -> str:
    """The address of an object's history."""
    return reverse("audit:history", args=[kind, id]) if kind and id else ""


def page(kind: str, id: str) -> str:
    """The address of an object's own page; empty where it has none."""
    try:
        return reverse(PAGES[kind], args=[id])
    except (KeyError, NoReverseMatch):
        return ""


def readings(events: Iterable[Event]) -> list[Reading]:
    """Each event, in the order given."""
    return [Reading(event) for event in events]


def by_day(events: Iterable[Event]) -> Iterator[tuple[str, list[Reading]]]:
    """The events under the days that they happened on, in the order given."""
    for heading, group in itertools.groupby(readings(events), key=lambda one: day(one.event.occurred_at)):
        yield heading, list(group)
