"""The sweep over billing periods: whatever is due takes its next step.

Nearly all that is due on the first of a month was reviewed and has nothing in its way. Some organizations at a time are
closed in one transaction, because what a close costs is mostly its statements and its commit, not its rows: with a
transaction for each organization it took four times the processor time. So few go together that those who count for
one of them do not wait long. If one of them cannot be closed, nothing of that transaction stays, and each goes by
itself, step by step, as whatever else is due.

Any number of workers may run it at once, and any of them may be killed anywhere: a step is committed or it is not, and
whoever comes next goes on from there.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.db.models import Q

from audit import trail
from metering import checks, closing, closing_facts, drafts, lifecycle
from metering.closing import State
from metering.models import BillingPeriod

# So many are read at once; the sweep gives each such part to a worker.
AT_ONCE = 100
# So many organizations are closed in one transaction: who counts for one of them waits that long at most.
TOGETHER = 25

log = logging.getLogger(__name__)


def due(*, now: datetime) -> Iterator[list[int]]:
    """Yield the ids of the periods whose next step is due, in parts of AT_ONCE."""
    ended = Q(state=State.OPEN, span__endswith__lte=now)
    reviewed = Q(state=State.REVIEW, review_until__lte=now, held_at=None)
    rows = BillingPeriod.objects.filter(ended | reviewed | Q(state=State.CLOSING)).order_by("organization_id", "span")
    ids = list(rows.values_list("pk", flat=True))
    yield from (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def advance(ids: Sequence[int], *, now: datetime, actor: trail.Actor = trail.SYSTEM) -> int:
    """Take each of these periods as far as it goes; returns how many became final. What is in the way stays there."""
    for period in _in_state(ids, State.OPEN):
        if period.span.upper <= now:
            _attempt(lifecycle.begin_review, period, actor=actor, now=now)
    closed = _close(_in_state(ids, State.REVIEW), actor=actor, now=now)
    return closed + _finish(_in_state(ids, State.CLOSING), actor=actor, now=now)


def _close(periods: Sequence[BillingPeriod], *, actor: trail.Actor, now: datetime) -> int:
    """Close what is due and has nothing in its way, as it was found; what has changed meanwhile goes step by step."""
    due = [period for period in periods if period.review_until and period.review_until <= now and not period.is_held]
    drafted = drafts.of_periods(due)
    found = checks.of_drafts(due, drafted, at=now)
    free = [period for period in due if not closing.blockers(closing_facts.of_check(period, found[period.pk], at=now))]
    closed = 0
    for some in _together(free):
        finals = _close_together([(period, drafted[period.pk]) for period in some], actor=actor, now=now)
        for period in some:
            if period.pk not in finals and not _close_alone(period, drafted[period.pk], actor=actor, now=now):
                continue
            closed += 1
    checks.keep(found.values())
    return closed


def _together(periods: Sequence[BillingPeriod]) -> Iterator[list[BillingPeriod]]:
    """Yield them in parts of TOGETHER: the first period of each organization, then the second ones."""
    waiting = list(periods)
    while waiting:
        firsts = {period.organization_id: period for period in reversed(waiting)}
        turn = [period for period in waiting if firsts[period.organization_id] is period]
        waiting = [period for period in waiting if firsts[period.organization_id] is not period]
        yield from (turn[start : start + TOGETHER] for start in range(0, len(turn), TOGETHER))


def _close_together(
    examined: Sequence[tuple[BillingPeriod, drafts.Draft]], *, actor: trail.Actor, now: datetime
) -> set[int]:
    """Close them in one transaction; returns the ids of those that are final, none where it failed."""
    try:
        return lifecycle.close_together(examined=examined, actor=actor, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("%s periods could not be closed together; each goes by itself", len(examined))
        return set()


def _close_alone(period: BillingPeriod, draft: drafts.Draft, *, actor: trail.Actor, now: datetime) -> bool:
    """Close one as it was found, or else count nothing more into it, so that it is drafted anew."""
    if _attempt(lifecycle.close_unchanged, period, actor=actor, now=now, draft=draft):
        return True
    _attempt(lifecycle.begin_closing, period, actor=actor, now=now)
    return False


def _finish(periods: Sequence[BillingPeriod], *, actor: trail.Actor, now: datetime) -> int:
    # Nothing is counted into them any more, so that they can be drafted before each has its transaction.
    drafted = drafts.of_periods(periods)
    done = [
        period
        for period in periods
        if _attempt(lifecycle.finish_closing, period, actor=actor, now=now, draft=drafted[period.pk])
    ]
    checks.keep(checks.of_drafts(done, drafted, at=now).values())
    return len(done)


def _in_state(ids: Iterable[int], state: str) -> list[BillingPeriod]:
    rows = BillingPeriod.objects.filter(pk__in=list(ids), state=state).select_related("organization", "contract")
    return list(rows.order_by("organization_id", "span"))


def _attempt(step: object, period: BillingPeriod, **arguments: object) -> bool:
    """Take a step; False where another worker was faster, or something has come into the way, or it failed.

    Whatever goes wrong with one period is not the others' matter; an error of the database is.
    """
    try:
        step(period=period, **arguments)  # type: ignore[operator]
    except ValidationError as refused:
        log.info("%s of %s stays as it is: %s", period, period.organization, " ".join(refused.messages))
        return False
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("%s of %s could not go on", period, period.organization)
        return False
    return True
