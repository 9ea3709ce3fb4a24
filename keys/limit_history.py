"""A limit over time: how high it was and what was used of it, and who set each step, when and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from audit import reading, search
from audit.scope import Scope
from audit.search import Question
from audit.verbs import Verb
from keys.limits import holding, traces
from keys.limits.holding import Stretch
from keys.limits.replay import Place, Week
from keys.limits.rules import LimitRule
from keys.limits.slots import Slot
from keys.limits.terms import Terms

VERBS = [
    verb.value
    for verb in (
        Verb.LIMIT_SET, Verb.LIMIT_REMOVED, Verb.LIMIT_MOVED, Verb.LIMIT_CUT_SHORT, Verb.LIMIT_WITHDRAWN,
        Verb.LIMIT_BEGAN, Verb.LIMIT_ENDED,
    )
]  # fmt: skip
BY_TIME = (Verb.LIMIT_BEGAN.value, Verb.LIMIT_ENDED.value)
FEED, LOOKED_AT, STEPS, DOTS = 6, 200, 12, 4
# What was recorded so close to a step is what made it.
SAME = timedelta(seconds=5)
BY_ITSELF = "by itself"


@dataclass(frozen=True)
class Step:
    """A moment from which another number counted. `who` is "by itself" where a temporary one ended; "" is not known."""

    at: datetime
    before: str
    after: str
    limit: int
    who: str
    why: str
    ticket: str
    is_temporary: bool


def events(named: str, scope: Scope, *, of_key: bool = False) -> list[Any]:
    """Return what was done to the limits of an organization, or of a key, newest first."""
    whose = {"named": named} if of_key else {"organizations": [named]}
    return search.newest(Question(verbs=VERBS, outcome="success", **whose), scope, size=LOOKED_AT)


def feed(found: Sequence[Any]) -> list[dict[str, str]]:
    """Return the latest of them as items of a feed."""
    return [reading.Reading(event).item for event in found[:FEED]]


def steps(rules: Iterable[LimitRule], place: Place, found: Sequence[Any], *, now: datetime) -> list[Step]:
    """Return the steps of a place's limit until now, newest first."""
    stretches = [one for one in holding.over_time(rules, place) if one.since <= now]
    pairs = [pair for pair in zip([None, *stretches[:-1]], stretches, strict=True) if not _is_same(*pair)]
    return [_step(before, after, found) for before, after in reversed(pairs)][:STEPS]


def _is_same(before: Stretch | None, after: Stretch) -> bool:
    """Whether only the plan's version is another one."""
    if before is None or before.until != after.since or {before.rule.owner, after.rule.owner} != {"plan"}:
        return False
    return before.terms == after.terms


def _step(before: Stretch | None, after: Stretch, found: Sequence[Any]) -> Step:
    rule = after.rule
    event = _made(before, after, found)
    who = event.actor_label if event and event.verb not in BY_TIME else ""
    returns = before is not None and before.until == after.since and before.rule.is_temporary
    said = BY_ITSELF if returns else str(rule.plan_version) if rule.owner == "plan" else ""
    return Step(
        at=after.since,
        before=f"{before.rule.limit:,}" if before and before.until == after.since else "none",
        after=f"{rule.limit:,}",
        limit=rule.limit,
        who=who or said,
        why=event.reason if event and event.reason else rule.reason,
        ticket=event.ticket if event and event.ticket else rule.ticket,
        is_temporary=rule.owner != "plan" and rule.is_temporary,
    )


def _made(before: Stretch | None, after: Stretch, found: Sequence[Any]) -> Any:
    """The event that made the step: what somebody did at that moment, or what set the rule before."""
    uids = {stretch.rule.uid for stretch in (before, after) if stretch}
    uids |= {stretch.rule.continues.uid for stretch in (before, after) if stretch and stretch.rule.continues}
    near = [one for one in found if one.target_id in uids and abs(one.occurred_at - after.since) < SAME]
    if near:
        return near[0]
    is_first = after.rule.continues_id is None and after.since == after.rule.effective.lower
    mine = [one for one in found if one.target_id == after.rule.uid and one.verb == Verb.LIMIT_SET.value]
    return mine[0] if mine and is_first else None


def chart(week: Week, terms: Terms, listed: Sequence[Step]) -> dict[str, Any]:
    """Draw the last seven days of a limit, with a dot for each step in them."""
    points = traces.trace(week, terms)
    usual = next((point.limit for point in points if point.limit is not None), terms.limit)
    drawn = [_point(point, usual) for point in points]
    first = points[0].at if points else week.demand.since
    midnight = next((number for number, point in enumerate(points) if point.at.hour == 0), 0)
    return {
        "kind": "limit",
        "label": f"{terms.slot.words}: limit, {_used(terms.slot).lower()} and refusals, each two hours of 7 days, UTC.",
        "used": _used(terms.slot),
        "points": drawn,
        "column": "From",
        "every": 24 // traces.HOURS,
        "offset": midnight,
        "dots": _dots(listed, first, len(points)),
    }


def _point(point: traces.Point, usual: int) -> dict[str, Any]:
    limit = usual if point.limit is None else point.limit
    title = f"{point.at:%a %-d %b, %H:%M} UTC"
    return {"x": f"{point.at:%-d %b}", "title": title, "used": point.used, "limit": limit, "refused": point.refused}


def _used(slot: Slot) -> str:
    if slot.kind == "concurrency":
        return "Running, most"
    if slot.kind == "window":
        return "Used so far"
    return {60: "Busiest minute", 1: "Busiest minute"}.get(slot.period_s or 0, f"Most {slot.unit}")


def _dots(listed: Sequence[Step], first: datetime, count: int) -> list[dict[str, Any]]:
    length = timedelta(hours=traces.HOURS)
    shown = [step for step in listed if step.at > first and step.before != "none"][:DOTS]
    places = [(step, (step.at - first) / length) for step in reversed(shown)]
    return [
        {
            "at": at,
            "value": step.limit,
            "label": _named(step),
            "extra": number < len(places) - 1,
            **({"dx": -8, "anchor": "end"} if at > count * 0.7 else {}),
        }
        for number, (step, at) in enumerate(places)
    ]


def _named(step: Step) -> str:
    if step.who == BY_ITSELF:
        return f"{step.after} again, by itself"
    raised = f"{step.before} → {step.after}" if step.before != "none" else step.after
    return f"{raised}, {step.ticket}" if step.ticket else raised


def settings(rules: Iterable[LimitRule], *, now: datetime) -> list[LimitRule]:
    """Return what was set for a time, or for later, and is not over: each setting once, by its first row."""
    found: dict[int, LimitRule] = {}
    for rule in rules:
        origin = rule.continues or rule
        held = origin.set_for
        if rule.owner == "plan" or held.isempty or (held.upper is not None and held.upper <= now):
            continue
        if held.upper is not None or held.lower > now:
            found[origin.pk] = origin
    return sorted(found.values(), key=lambda rule: rule.set_for.lower)
