"""The only door into the trail: what happened is recorded here, in the transaction of the change."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from audit import fingerprint, rows, sentences, uuid7, wording
from audit.models import Event
from audit.parties import SYSTEM as SYSTEM
from audit.parties import Actor as Actor
from audit.parties import Target as Target
from audit.parties import cli as cli
from audit.verbs import Verb

LONGEST_REASON = 500
LONGEST_TICKET = 64
LONGEST_LABEL = 200
LONGEST_VALUE = 2_000
LONGEST_USER_AGENT = 400

Value = str | int | bool | None | list[str]
Outcome = Literal["success", "denied", "failed"]


@dataclass(frozen=True)
class Happened:
    """One of many things that the same actor did, as `record` takes it; its verb asks for no reason."""

    verb: Verb
    target: Target
    organization: Target | None = None
    further: Sequence[Target] = ()
    changes: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    detail: Mapping[str, str | int] = field(default_factory=dict)


class EntryRefused(Exception):
    """What a person wrote cannot stand in the trail; `field` is reason or ticket, the text says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class ReasonRequired(EntryRefused):
    """This verb is recorded with a reason, and none was given."""

    def __init__(self, verb: Verb) -> None:
        super().__init__("reason", "Write why, for the audit log.")
        self.verb = verb


def record(
    verb: Verb,
    *,
    actor: Actor,
    target: Target,
    organization: Target | None = None,
    further: Sequence[Target] = (),
    changes: Mapping[str, Sequence[Value]] | None = None,
    reason: str = "",
    ticket: str = "",
    outcome: Outcome = "success",
    parent: UUID | None = None,
    detail: Mapping[str, str | int] | None = None,
    approval: str = "",
) -> Event:
    """Write one event in the caller's transaction and tell the guard of it.

    An organization that is acted on is also the event's. Raises RuntimeError outside a transaction, ValueError for a
    field that the verb does not allow, ReasonRequired and EntryRefused for what a person has to correct.
    """
    happened = Happened(verb, target, organization, further, changes or {}, detail or {})
    event = _event(happened, actor, outcome)
    event.reason, event.ticket = _why(verb, reason, ticket, outcome)
    event.approval, event.parent = approval, parent or actor.parent
    _save([event])
    return event


def record_many(happened: Iterable[Happened], *, actor: Actor) -> list[Event]:
    """Write the events of a transaction's many changes at once, each as `record` would, and tell the guard of all.

    Raises what `record` does, before any is written.
    """
    events = []
    for each in happened:
        event = _event(each, actor, "success")
        event.reason, event.ticket = _why(each.verb, "", "", "success")
        event.parent = actor.parent
        events.append(event)
    _save(events)
    return events


def record_refusal(
    verb: Verb,
    *,
    actor: Actor,
    target: Target,
    organization: Target | None = None,
    reason: str = "",
    outcome: Literal["denied", "failed"] = "denied",
    detail: Mapping[str, str | int] | None = None,
) -> Event:
    """Write, in a transaction of its own, what was refused or failed: call it after the rollback.

    `reason` says why it was refused; it may quote what came from outside and is made fit. RuntimeError inside a
    transaction, where the event could be rolled back with what it tells of.
    """
    with transaction.atomic(durable=True):
        quoted = wording.neutral(wording.one_line(reason), LONGEST_REASON)
        return record(
            verb,
            actor=actor,
            target=target,
            organization=organization,
            reason=quoted,
            outcome=outcome,
            detail=detail,
        )


def cleaned_reason(text: str) -> str:
    """The reason on one line; EntryRefused if it is too long or holds what may not be recorded."""
    return _cleaned("reason", text, LONGEST_REASON)


def cleaned_ticket(text: str) -> str:
    """The ticket's reference; EntryRefused if it is too long or holds what may not be recorded."""
    return _cleaned("ticket", text, LONGEST_TICKET)


def _cleaned(field: str, text: str, longest: int) -> str:
    line = wording.one_line(text)
    if len(line) > longest:
        raise EntryRefused(field, f"At most {longest} characters; this has {len(line)}.")
    if any(map(wording.is_unfit, line)):
        raise EntryRefused(
            field,
            "This holds control characters or marks that reorder text. Write it without them.",
        )
    if wording.holds_credential(line):
        raise EntryRefused(field, "This holds a whole key. Name it by its prefix.")
    return line


def _why(verb: Verb, reason: str, ticket: str, outcome: Outcome) -> tuple[str, str]:
    """The reason and the ticket, cleaned; a refusal needs no reason of the person's own."""
    reason, ticket = cleaned_reason(reason), cleaned_ticket(ticket)
    if outcome == "success" and verb.entry.needs_reason and not reason:
        raise ReasonRequired(verb)
    return reason, ticket


def _check_fields(happened: Happened) -> None:
    verb = happened.verb
    if unknown := sorted((set(happened.changes) | set(happened.detail)) - verb.entry.allowed):
        raise ValueError(f"{verb} may not hold {', '.join(unknown)}.")
    if odd := sorted(field for field, pair in happened.changes.items() if len(pair) != 2):
        raise ValueError(f"{verb}: {', '.join(odd)} is not [before, after].")


def _event(happened: Happened, actor: Actor, outcome: Outcome) -> Event:
    """The event but for why; ValueError for a field that the verb does not allow."""
    _check_fields(happened)
    now, entry = timezone.now(), happened.verb.entry
    event = Event(
        id=uuid7.make(now),
        occurred_at=now,
        verb=happened.verb.value,
        operation=entry.operation,
        outcome=outcome,
    )
    _tell_who(event, actor)
    _tell_what(event, happened.target, happened.organization, happened.further)
    event.changes = {field: [_plain(value) for value in pair] for field, pair in happened.changes.items()}
    event.detail = {field: _plain(value) for field, value in happened.detail.items()}
    event.sentence = sentences.render(entry.sentence, _values(event, entry.sentence), outcome)
    return event


def _tell_who(event: Event, actor: Actor) -> None:
    event.actor_type, event.actor_id, event.actor_label = (
        actor.type,
        as_named(actor.id),
        as_named(actor.label),
    )
    event.actor_roles, event.auth_methods = list(actor.roles), list(actor.auth_methods)
    event.on_behalf_of, event.route = as_named(actor.on_behalf_of), as_named(actor.route)
    event.address, event.request_id = (
        fingerprint.address(actor.address),
        as_named(actor.request_id),
    )
    event.user_agent = wording.neutral(actor.user_agent, LONGEST_USER_AGENT)


def _tell_what(event: Event, target: Target, organization: Target | None, further: Sequence[Target]) -> None:
    event.target_type, event.target_id, event.target_label = (
        target.type,
        as_named(target.id),
        as_named(target.label),
    )
    event.further = [{"type": one.type, "id": as_named(one.id), "label": as_named(one.label)} for one in further]
    named = [target, *further]
    # Its people find an event by its organization: what is done to one belongs to it, whoever forgot to say so.
    organization = target if organization is None and target.type == "organization" else organization
    if organization is not None:
        event.organization, event.organization_label = (
            as_named(organization.id),
            as_named(organization.label),
        )
        named.append(organization)
    event.names = sorted({as_named(one.id) for one in named})


def as_named(text: str) -> str:
    """An id or a label as the trail writes it: what is looked up has to be spelled alike."""
    return wording.neutral(str(text), LONGEST_LABEL)


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return wording.neutral(wording.one_line(value), LONGEST_VALUE)
    if isinstance(value, list | tuple):
        return [wording.neutral(wording.one_line(str(item)), LONGEST_VALUE) for item in value]
    raise TypeError(f"{type(value).__name__} cannot stand in the trail: hand over plain values.")


def _values(event: Event, sentence: str) -> dict[str, str]:
    after = {field: str(pair[1]) for field, pair in event.changes.items() if pair[1] is not None}
    detail = {field: str(value) for field, value in event.detail.items()}
    named = {
        "actor": event.actor_label,
        "target": event.target_label,
        # What is done to an organization is not done to it “of” itself.
        "organization": "" if _names_it_twice(event, sentence) else event.organization_label,
    }
    return {**after, **detail, **named}


def _names_it_twice(event: Event, sentence: str) -> bool:
    return "target" in sentences.values_of(sentence) and event.organization == event.target_id


def _save(events: Sequence[Event]) -> None:
    if events and not connection.in_atomic_block:
        raise RuntimeError(f"{events[0].verb} must be recorded in the transaction of its change.")
    for event in events:
        event.salt = secrets.token_bytes(16)
        event.content_hash = fingerprint.of(event)
    rows.insert(events)
    _tell_the_guard(*(event.id for event in events if event.outcome == Event.Outcome.SUCCESS))


def _tell_the_guard(*ids: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('axis.audit_event',"
            " concat_ws(',', nullif(current_setting('axis.audit_event', true), ''), nullif(%s::text, '')), true)",
            [",".join(map(str, ids))],
        )
