"""Every number is the sum of its parts, and opens exactly the generations behind it."""

from datetime import datetime, timedelta

import pytest

from metering import explorer
from metering.explorer import Filter, behind, boards, counting, sources
from metering.explorer.boards import Board
from orgs.models import Organization
from tests.metering.conftest import Report, generation
from tests.metering.explorer.conftest import Ask

ACROSS = [
    "range=30d",
    "range=365d&by=resolution",
    "range=24h&by=tier",
    "range=7d&grain=hour&by=ratio",
    "range=month&by=org",
    "range=90d&outcome=failed&by=cause",
    "range=30d&by=outcome&not_resolution=1K",
    "range=30d&by=key&version=v2&resolution=4K&resolution=512",
    "range=30d&tier=not-said-by-gateway",
    "range=30d&environment=test",
    "range=90d&period=none",
]
ZONES = ["UTC", "Europe/Lisbon", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo"]


def _board(asked: Filter) -> Board:
    return boards.board(asked, order="-total", page=None)


def _listed(asked: Filter) -> int:
    return sources.generations(asked).count() - sources.voids(asked).count()


def _is_told(board: Board) -> bool:
    """Compare the sum with the bars, the lines, the file and the ledger itself."""
    asked, total = board.asked, board.foot.total
    drawn = sum(sum(point["v"]) for point in board.chart["points"])
    lined = sum(line.total for line in board.lines)
    rows = list(explorer.rows(asked))
    columns = explorer.headings(asked)
    of_outcome = columns.index("Outcome")
    filed = sum(row[-2] for row in rows if asked.counts_attempts or row[of_outcome] == "succeeded")
    assert sum(row[-1] for row in rows) == board.foot.sums.units
    return (drawn, lined, filed) == (total, total, total) and _listed(asked) == board.foot.sums.attempts


@pytest.mark.parametrize("query", ACROSS)
def test_sums_bars_lines_files_and_the_ledger_agree(query: str, used: list[Organization], ask: Ask) -> None:
    board = _board(ask(query))
    assert board.foot.sums.attempts > 0 or "period=none" in query
    assert _is_told(board)


@pytest.mark.parametrize("query", ACROSS)
def test_every_number_opens_the_generations_behind_it(query: str, used: list[Organization], ask: Ask) -> None:
    board = _board(ask(query))
    for line in [*board.lines, board.foot]:
        assert _listed(ask(line.opened)) == line.total
        assert _listed(ask(line.opened_v2)) == line.v2
        assert _listed(ask(line.opened_v1)) == line.v1
        if line.sums.failures:
            assert _listed(ask(line.opened_failed)) == line.sums.failures


@pytest.mark.parametrize("query", ["range=30d", "range=365d&by=resolution", "range=7d&grain=hour&outcome=failed"])
def test_every_bar_opens_what_it_shows(query: str, used: list[Organization], ask: Ask) -> None:
    board = _board(ask(query))
    for point in board.chart["points"]:
        narrowed = counting.count(ask(point["href"])).total
        assert narrowed.value(attempts=board.asked.counts_attempts) == sum(point["v"])


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("query", ["", "range=30d&by=key", "range=90d&grain=month", "range=7d&grain=hour"])
def test_inside_an_organization_local_days_are_exact(query: str, zone: str, used: list[Organization], ask: Ask) -> None:
    organization = used[0]
    organization.time_zone = zone
    board = _board(ask(query, organization))
    assert _is_told(board)
    for point in board.chart["points"]:
        opened = ask(point["href"]) if "/generations/" in point["href"] else ask(point["href"], organization)
        assert counting.count(opened).total.generations == sum(point["v"])
    for line in board.lines:
        assert _listed(ask(line.opened)) == line.total
        assert counting.count(ask(line.narrowed, organization)).total.generations == line.total


@pytest.mark.parametrize("by", ["org", "key", "resolution", "ratio", "outcome", "tier", "cause"])
def test_a_line_narrows_to_itself(by: str, used: list[Organization], ask: Ask) -> None:
    board = _board(ask(f"range=30d&by={by}"))
    assert len(board.lines) > 1
    for line in board.lines:
        narrowed = counting.count(ask(line.narrowed)).total
        assert narrowed.attempts == line.sums.attempts


def test_of_many_series_the_largest_are_drawn_and_the_others_as_one(used: list[Organization], ask: Ask) -> None:
    chart = _board(ask("range=30d&by=ratio&tier=dedicated")).chart
    assert [series["label"] for series in chart["series"]][-1] != "other"
    found = counting.count(ask("range=30d&by=resolution"), most=2)
    assert len({series for parts in found.slots.values() for series in parts}) == 3
    assert counting.added(part for parts in found.slots.values() for part in parts.values()) == found.total


def test_the_list_states_its_count(used: list[Organization], ask: Ask) -> None:
    asked = ask("range=30d&version=v2")
    count = behind.count(asked)
    assert (count.number, count.voided, count.listed) == (_listed(asked), 0, sources.generations(asked).count())


def test_the_time_before_is_counted_bar_by_bar(
    live: object, now: datetime, report: Report, ask: Ask, used: list[Organization]
) -> None:
    board = _board(ask("range=7d"))
    before = counting.count(ask(f"from={now - timedelta(days=13):%Y-%m-%d}&to={now - timedelta(days=7):%Y-%m-%d}"))
    assert sum(point["ghost"] for point in board.chart["points"]) == board.foot.before == before.total.generations
    assert {line.value: line.before for line in board.lines if line.before} == {
        value: sums.generations for value, sums in before.lines.items() if sums.generations
    }


def test_a_line_that_is_no_more_used_stands_there_with_nothing(
    hers: object, now: datetime, report: Report, ask: Ask, used: list[Organization]
) -> None:
    # What else is used begins 31 days ago and some hours: after the day that is asked about, whatever the clock shows.
    report(generation(hers, now - timedelta(days=34)))  # type: ignore[arg-type]
    day = f"{now - timedelta(days=33):%Y-%m-%d}"
    board = _board(ask(f"from={day}&to={day}"))
    assert [(line.total, line.before) for line in board.lines] == [(0, 1)]
