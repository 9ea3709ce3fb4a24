"""Once a minute each counter of a window is made equal to what is written down, and what it has used is told.

So whatever gets lost costs a minute: a report that was not settled, an admission that nobody reports, a whole store.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec

from keys.limits import calls, scripts, store, windows
from keys.limits.rules import LimitRule
from keys.limits.scripts import Question
from keys.limits.windows import Sums, Window

ORGANIZATIONS_AT_ONCE = 500
# Where a term has no end: see keys.identities.
_NO_END = datetime(2200, 1, 1, tzinfo=UTC)


class Counted(msgspec.Struct, frozen=True):
    """A window that is counted, by the name of its counter; what it has used now, and what the counter said before."""

    counter: str
    window: Window
    used: int = 0
    before: int = 0


def reconcile(
    counters: store.Store, organizations: Iterable[int], *, sums: Sums, at: datetime
) -> Iterator[Sequence[Counted]]:
    """Reconcile the windows of these organizations, and return what each has used, in parts as they come.

    What was admitted longer ago than a job runs, and not reported, is given back. Raises CounterStoreDown.
    """
    remaining = iter(organizations)
    while some := list(islice(remaining, ORGANIZATIONS_AT_ONCE)):
        found = _let_go(counters, _counted(counters, some), at=at)
        ledgers = _reconciled(counters, [one for one in found if one.window.by != "requests"], sums)
        yield [*ledgers, *_read(counters, [one for one in found if one.window.by == "requests"])]


def _counted(counters: store.Store, organizations: Sequence[int]) -> list[Counted]:
    answers = counters.ask_all(*[("HGETALL", windows.counted_key(one)) for one in organizations])
    found = [_kept(name, told) for fields in answers for name, told in zip(fields[::2], fields[1::2], strict=True)]
    return _until_their_end(found)


def _kept(name: bytes, told: bytes) -> Counted:
    return Counted(name.decode(), msgspec.json.decode(told.partition(b"\n")[0], type=Window))


def _let_go(counters: store.Store, found: Sequence[Counted], *, at: datetime) -> list[Counted]:
    """Forget the windows that are over for so long that their counters are gone; returns the others."""
    oldest = calls.microseconds(at) - windows.KEPT_MS * 1_000
    over = [one for one in found if one.window.end < oldest]
    if over:
        counters.ask_all(*[("HDEL", windows.counted_key(one.window.organization), one.counter) for one in over])
    return [one for one in found if one.window.end >= oldest]


def _reconciled(counters: store.Store, found: Sequence[Counted], sums: Sums) -> list[Counted]:
    if not found:
        return []
    whose = sorted({one.window.organization for one in found})
    began = dict(zip(whose, windows.begin(counters, whose), strict=True))
    totals = sums([one.window for one in found])
    asked: list[Question] = [
        windows.writing("reconcile", one.counter, one.window, used, totals.seen, began[one.window.organization])
        for one, used in zip(found, totals.used, strict=True)
    ]
    answers = scripts.evaluate_all(counters, windows.SCRIPT, asked)
    # One that is not there any more is seeded by whoever asks for it.
    return [
        msgspec.structs.replace(one, used=int(told[0]), before=int(told[1]))
        for one, told in zip(found, answers, strict=True)
        if told
    ]


def _read(counters: store.Store, found: Sequence[Counted]) -> list[Counted]:
    """Return what windows of requests have used: their counters are all there is."""
    answers = counters.ask_all(*[("GET", one.counter) for one in found]) if found else []
    return [
        msgspec.structs.replace(one, used=windows.used(kept), before=windows.used(kept))
        for one, kept in zip(found, answers, strict=True)
        if kept
    ]


def _until_their_end(found: Sequence[Counted]) -> list[Counted]:
    """A term ends when its rule does, which may have been moved since its counter was seeded."""
    terms = [one for one in found if one.window.slot.endswith(":term")]
    ends = _ends({one.window.organization for one in terms}) if terms else {}
    return [
        msgspec.structs.replace(one, window=msgspec.structs.replace(one.window, end=ends[one.counter]))
        if one.counter in ends
        else one
        for one in found
    ]


def _ends(organizations: Iterable[int]) -> dict[str, int]:
    """When each term ends, by the name of its counter, in us of unix time."""
    rules: Any = LimitRule.objects.filter(window=LimitRule.Window.TERM, effective__isempty=False)
    rules = rules.filter(organization__in=organizations) | rules.filter(key__organization__in=organizations)
    found: dict[str, int] = {}
    for rule in rules.select_related("key"):
        owner = f"key:{rule.key_id}" if rule.key else "organization"
        whose = rule.key.organization_id if rule.key else rule.organization_id
        start = calls.microseconds(rule.counts_since or rule.effective.lower) // 1_000_000
        version = rule.api_version or "any"
        name = f"{{{whose}}}:window:{owner}:{rule.dimension}:{version}:term:{start}"
        found[name] = max(found.get(name, 0), calls.microseconds(rule.effective.upper or _NO_END))
    return found
