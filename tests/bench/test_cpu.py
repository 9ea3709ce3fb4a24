"""Who may use which core, and who used how much."""

import os

import pytest

from bench import cpu


def test_with_two_cores_the_server_has_one_and_the_load_the_other() -> None:
    cores = cpu.one_for_the_server(frozenset({0, 1}))
    assert (cores.server, cores.load, cores.stores) == ({0}, {1}, {1})
    cores = cpu.one_for_the_load(frozenset({0, 1}))
    assert (cores.server, cores.load, cores.stores) == ({0}, {1}, {0, 1})


def test_with_many_cores_ingest_has_all_but_the_load_s() -> None:
    assert cpu.one_for_the_load(frozenset(range(8))).server == frozenset(range(7))
    assert cpu.one_for_the_server(frozenset(range(8))).server == frozenset({0})


def test_unpinned_everybody_has_every_core() -> None:
    cores = cpu.shared(frozenset({0, 1}))
    assert cores.server == cores.load == cores.stores == {0, 1}


@pytest.mark.parametrize("available", [frozenset(), frozenset({3})])
def test_nothing_is_pinned_where_there_is_no_choice(available: frozenset[int]) -> None:
    for divide in (cpu.one_for_the_server, cpu.one_for_the_load):
        cores = divide(available)
        assert not cores.server | cores.load | cores.stores
        assert "nothing is pinned" in str(cores)


def test_what_is_neither_ours_nor_idle_is_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "_TICK", 100)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    me, server, worker, stranger = os.getpid(), 11, 12, 99
    children = {me: [server], server: [worker]}
    before = cpu.Reading(10.0, 1_000, {me: 5, server: 10, worker: 20, stranger: 7}, children)
    after = cpu.Reading(12.0, 1_300, {me: 25, server: 20, worker: 130, stranger: 157}, children)
    shares = cpu.shares(before, after, servers=[server])
    # In two seconds, 200 ticks a core: 120 of the server with its worker, 20 more of ours, and 160 of two cores' 400.
    assert (shares.server, shares.rest, shares.foreign) == (0.6, 0.1, 0.4)


def test_nothing_is_known_where_the_system_tells_nothing() -> None:
    assert cpu.shares(None, None, servers=[1]) == cpu.Shares(None, None, None)


@pytest.mark.skipif(not cpu.PROC.exists(), reason="there is no /proc")
def test_this_process_has_used_some_time() -> None:
    reading = cpu.read()
    assert reading is not None
    assert 0 < reading.of(os.getpid()) <= reading.busy


@pytest.mark.skipif(len(cpu.available()) < 2, reason="there is one core")
def test_pinning_ends_with_its_block() -> None:
    before = cpu.available()
    with cpu.pinned(frozenset({min(before)})):
        assert cpu.available() == {min(before)}
    assert cpu.available() == before
