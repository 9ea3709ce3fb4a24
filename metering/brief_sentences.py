"""A brief in whole sentences: what somebody says in the first minute of the call. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date

from audit import plurals
from metering import period_names
from metering.brief import CAUSES, VERSIONS, Brief, UsedMonth

QUARTER = 3


def of(brief: Brief) -> list[str]:
    """Return what there is to say, the most important first; nothing is said of what did not happen."""
    return [sentence for teller in _TELLERS for sentence in teller(brief)]


def _usage(brief: Brief) -> Iterator[str]:
    name, months = brief.organization.name, brief.months
    if not brief.total:
        yield f"{name} has generated nothing in the last {len(months)} months."
        return
    since = f"since {months[0].first:%B %Y}" if months else ""
    yield f"{name} has had {brief.total:,} generations {since}."
    whole = months[:-1]
    if len(whole) >= 2 * QUARTER and (before := _sum(whole[-2 * QUARTER : -QUARTER])):
        now = _sum(whole[-QUARTER:])
        moved = (now - before) * 100 / before
        way = "more" if moved >= 0 else "fewer"
        yield f"The last three whole months had {abs(moved):.1f}% {way} than the three before ({now:,} and {before:,})."


def _peaks(brief: Brief) -> Iterator[str]:
    if brief.busiest_day is None or brief.busiest_hour is None:
        return
    month = max(brief.months, key=lambda one: one.total)
    yield (
        f"The busiest month was {month.first:%B %Y} with {month.total:,}, the busiest day {_day(brief.busiest_day[0])}"
        f" with {brief.busiest_day[1]:,}, the busiest hour {brief.busiest_hour[0]:%-d %B %Y, %H:00} UTC"
        f" with {brief.busiest_hour[1]:,}."
    )


def _agreed(brief: Brief) -> Iterator[str]:
    over = brief.periods[:-1]
    included = [one for one in over if one.included]
    if included:
        beyond = sum(one.is_beyond_included for one in included)
        yield f"Usage went beyond the included generations in {beyond} of {plurals.counted(len(included), 'period')}."
    committed = [one for one in over if one.minimum]
    if committed:
        reached = sum(one.reaches_minimum for one in committed)
        yield f"It reached the agreed minimum in {reached} of {plurals.counted(len(committed), 'period')}."
    if brief.periods and not included and not committed:
        yield "Nothing is included, and no minimum is agreed."


def _ahead(brief: Brief) -> Iterator[str]:
    if brief.ahead is None or brief.ahead.generations is None:
        return
    told = brief.ahead.generations
    amount = f", about {brief.ahead.amounts.said('likely')}" if brief.ahead.amounts else ""
    between = f"between {told.low:,} and {told.high:,}"
    present = period_names.dated(brief.ahead.period.label)
    yield f"The present period {present} will likely have {told.likely:,} generations, {between}{amount}."


def _served(brief: Brief) -> Iterator[str]:
    for version in VERSIONS:
        rows = [month.served[version] for month in brief.months if version in month.served]
        judged = [row for row in rows if row.is_kept is not None]
        if not judged:
            continue
        kept = sum(row.is_kept is True for row in judged)
        worst = min(judged, key=lambda row: row.measured.attainment or 0)
        lowest = f"the lowest was {worst.attained} in {worst.label}"
        of_months = plurals.counted(len(judged), "month")
        yield f"{version} kept its promise of {judged[-1].promised} in {kept} of {of_months}; {lowest}."


def _refused(brief: Brief) -> Iterator[str]:
    if not brief.calls:
        return
    share = brief.refused * 100 / brief.calls
    # Usage may go back further than the counts of calls.
    since = next(f" since {month.first:%B %Y}" for month in brief.months if month.calls)
    if not brief.refused:
        yield f"No call was refused{since}."
        return
    cause, code, calls = brief.refusals[0]
    ours = sum(calls for cause, _, calls in brief.refusals if cause == CAUSES["our_capacity"])
    most = f"most of them with {code} ({calls:,}: {cause.lower()})"
    yield f"{share:.2f}% of {brief.calls:,} calls were refused{since}, {most}."
    yield f"{ours:,} of them were for want of room on our side." if ours else "None was for want of room on our side."


def _keys(brief: Brief) -> Iterator[str]:
    renewal = brief.organization.renewal_on
    yield f"{plurals.counted(len(brief.keys), 'live key')} can be used now."
    if renewal is not None and renewal >= brief.at.date():
        before = [key for key in brief.keys if key.expires_at is not None and key.expires_at.date() < renewal]
        if before:
            names = ", ".join(key.name for key in before)
            yield f"Before the renewal on {_day(renewal)} these expire: {names}."


def _capacity(brief: Brief) -> Iterator[str]:
    for one in brief.reservations:
        yield f"Reserved: {one}."


def _sum(months: Sequence[UsedMonth]) -> int:
    return sum(month.total for month in months)


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"


_TELLERS = (_usage, _peaks, _agreed, _ahead, _served, _refused, _keys, _capacity)
