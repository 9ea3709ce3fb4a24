"""Reports are settled with the counters: what succeeded is used, what was open is not any more, and jobs have ended.

What is lost on the way costs nothing but time: the ledger is what counts, and a sweep asks it each minute.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from keys.limits import admissions, calls, ending, leases, scripts, store, windows
from keys.limits.admissions import Named
from keys.limits.leases import Held
from keys.limits.scripts import Question

# So many are settled by one run of the script at the most: everybody else's decision waits for it.
REPORTS_AT_ONCE = 250


class Report(msgspec.Struct, frozen=True):
    """A generation that was reported, for the first time or once more.

    `counts` says that it is new, has succeeded, and was made with a live key. `units` is what it cost.
    """

    organization: int
    key: int
    api_version: str
    units: int
    occurred_ms: int
    counts: bool
    request_id: str | None = None
    lease: str | None = None


def concerned(counters: store.Store, organizations: Iterable[int]) -> set[int]:
    """Return those for which reports that were committed before this change anything. Raises CounterStoreDown.

    The others count no window, and none is being summed up: whoever begins to do so now sees what was committed. Nor
    does a job of theirs run that a request id could end.
    """
    asked = sorted(organizations)
    found: set[int] = set()
    for first in range(0, len(asked), scripts.AT_ONCE):
        part = asked[first : first + scripts.AT_ONCE]
        answers = counters.ask_all(*[("EXISTS", *windows.names_of(one)[:2], calls.running_key(one)) for one in part])
        found |= {one for one, exists in zip(part, answers, strict=True) if exists}
    return found


def settle(counters: store.Store, reports: Iterable[Report], *, transaction: str) -> None:
    """Have the counters follow what was committed in this transaction of PostgreSQL, "" for nothing new.

    Raises CounterStoreDown: then some of it may be done, and the sweep does the rest.
    """
    questions: list[Question] = []
    ended: list[Held] = []
    named: list[Named] = []
    for organization, theirs in _by_organization(reports).items():
        held = [_held(one) for one in theirs]
        ended += filter(None, held)
        pairs = list(zip(theirs, held, strict=True))
        named += [Named(organization, one.key, one.request_id) for one, lease in pairs if one.request_id and not lease]
        some = (pairs[start : start + REPORTS_AT_ONCE] for start in range(0, len(pairs), REPORTS_AT_ONCE))
        questions += [_question(organization, part, transaction) for part in some]
    scripts.evaluate_all(counters, windows.SCRIPT, questions)
    ending.end(counters, [*ended, *admissions.jobs(counters, named)])


def _by_organization(reports: Iterable[Report]) -> dict[int, list[Report]]:
    found: dict[int, list[Report]] = defaultdict(list)
    for one in reports:
        found[one.organization].append(one)
    return found


def _held(report: Report) -> Held | None:
    """What the lease says, where it is one of this key's; a report with another one is a report all the same."""
    if not report.lease:
        return None
    try:
        held = leases.read(report.lease)
    except leases.NotALease:
        return None
    return held if (held.organization, held.key) == (report.organization, report.key) else None


def _question(organization: int, pairs: Sequence[tuple[Report, Held | None]], transaction: str) -> Question:
    added = [(one.key, one.api_version, one.units, one.occurred_ms) for one, _ in pairs if one.counts]
    jobs = [job for report, held in pairs for job in _jobs(report, held)]
    told = [transaction if added else "", msgspec.json.encode(added), msgspec.json.encode(jobs)]
    return windows.names_of(organization), ["settle", *told]


def _jobs(report: Report, held: Held | None) -> Iterator[tuple[str, int, str]]:
    """By what an admission may be known, what it was expected to cost, and where that is remembered."""
    if held is not None:
        yield held.job, held.units, ""
    if report.request_id:
        job = calls.digest(report.request_id)
        if held is None or held.job != job:
            yield job, report.units, calls.remembered_key(report.organization, job)
