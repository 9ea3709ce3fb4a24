"""The steps of a limit over time: who set each, when and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from audit import reading, search
from audit.scope import Scope
from audit.search import Question
from audit.verbs import Verb
from keys.limits import holding
from keys.limits.holding import Stretch
from keys.limits.replay import Place
from keys.limits.rules import LimitRule

VERBS = [
    verb.value
    for verb in (
        Verb.LIMIT_SET, Verb.LIMIT_REMOVED, Verb.LIMIT_MOVED, Verb.LIMIT_CUT_SHORT, Verb.LIMIT_WITHDRAWN,
        Verb.LIMIT_BEGAN, Verb.LIMIT_ENDED,
    )
]  # fmt: skip
BY_TIME = (Verb.LIMIT_BEGAN.value, Verb.LIMIT_ENDED.value)
FEED, LOOKED_AT, STEPS = 6, 200, 12
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
    lowers: bool = False


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
        lowers=before is not None and before.until == after.since and before.rule.limit > rule.limit,
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
