"""Calls in flight are counted over all processes of a server, and a process that died is at nothing any more."""

import os
import tempfile
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest

from axis_admin.gateway import board
from axis_admin.gateway.inflight import InFlight


@pytest.fixture(autouse=True)
def processes_are_looked_for_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has just begun is seen within a second otherwise."""
    monkeypatch.setattr(board, "LOOK_AGAIN_SECONDS", -1.0)


@pytest.fixture
def file() -> Iterator[int]:
    with tempfile.TemporaryFile() as opened:
        yield opened.fileno()


def _write_and_die(path: str, times: int) -> None:
    shared = board.Board(os.open(path, os.O_RDWR))
    for _ in range(times):
        shared.write(7)
    os._exit(0)


def test_two_who_share_a_board_see_each_others_calls(file: int) -> None:
    one, other = board.Board(file), board.Board(file)
    cells = [one.write(7), other.write(7), other.write(8)]
    assert None not in cells
    assert (one.count(7), other.count(7), one.count(8), one.count(9)) == (2, 2, 1, 0)
    one.clear(cells[0] or 0)
    assert other.count(7) == 1


def test_the_limit_holds_for_both_together(file: int) -> None:
    one, other = InFlight(2, board.Board(file)), InFlight(2, board.Board(file))
    assert [one.enter("a"), other.enter("a"), one.enter("a"), other.enter("a")] == [True, True, False, False]
    assert other.enter("b")
    one.leave("a")
    assert [other.enter("a"), one.enter("a")] == [True, False]


def test_what_a_dead_process_was_at_counts_for_nothing() -> None:
    with tempfile.NamedTemporaryFile() as opened:
        shared = board.Board(opened.fileno())
        child = get_context("fork").Process(target=_write_and_die, args=[opened.name, 3])
        child.start()
        child.join()
        shared.write(7)
        assert shared.count(7) == 1


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_what_was_left_by_a_dead_process_whose_id_is_used_again_counts_for_nothing(
    file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, shared = board.Board(file), board.Board(file)
    with monkeypatch.context() as earlier:
        earlier.setattr(board, "_began", lambda process: 1)
        assert left.write(7) is not None
        assert shared.count(7) == 1
    assert shared.count(7) == 0
    assert shared.write(7) is not None
    assert shared.count(7) == 1


def test_a_process_has_room_for_so_many_calls_and_no_more(file: int) -> None:
    shared = board.Board(file)
    cells = [shared.write(7) for _ in range(board.CELLS + 1)]
    assert cells.count(None) == 1
    shared.clear(cells[0] or 0)
    assert shared.write(7) is not None


def test_where_nothing_can_be_shared_a_process_counts_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/nowhere")
    calls = InFlight(1)
    assert [calls.enter("a"), calls.enter("a")] == [True, False]
