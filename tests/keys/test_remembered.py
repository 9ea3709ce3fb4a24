"""What a process remembers is bounded, dropped by organization, and never what was forgotten while it was read."""

from functools import partial

from keys.remembered import Entry, Memory
from keys.strangers import KEPT_SECONDS, Strangers
from tests.at_once import at_once


def digest(number: int) -> bytes:
    return number.to_bytes(32, "big")


def keep(memory: Memory[str], number: int, organization: int = 1) -> None:
    memory.keep(digest(number), Entry(f"identity {number}", "token", organization), age=memory.age)


def test_what_was_kept_is_found_with_its_token() -> None:
    memory: Memory[str] = Memory(10)
    keep(memory, 1)
    entry = memory.get(digest(1))
    assert entry is not None
    assert (entry.found, entry.token) == ("identity 1", "token")
    assert memory.get(digest(2)) is None


def test_an_organization_is_forgotten_with_all_its_credentials_and_no_other() -> None:
    memory: Memory[str] = Memory(10)
    for number, organization in ((1, 1), (2, 1), (3, 2)):
        keep(memory, number, organization)
    memory.forget([1, 7])
    assert [memory.get(digest(number)) is None for number in (1, 2, 3)] == [True, True, False]


def test_what_was_read_before_something_was_forgotten_is_not_kept() -> None:
    memory: Memory[str] = Memory(10)
    for forget in (lambda: memory.forget([2]), memory.forget_all):
        age = memory.age
        forget()
        memory.keep(digest(1), Entry("old"), age=age)
        assert memory.get(digest(1)) is None


def test_the_memory_is_bounded_and_keeps_what_is_asked_for() -> None:
    memory: Memory[str] = Memory(100)
    keep(memory, 0)
    for number in range(1, 1_000):
        keep(memory, number)
        memory.get(digest(0))
    assert len(memory) == 100
    assert memory.get(digest(0)) is not None


def test_two_threads_keep_and_forget_at_once() -> None:
    memory: Memory[str] = Memory(50)

    def work(seed: int) -> None:
        for number in range(3_000):
            keep(memory, (number * 7 + seed) % 90, number % 5)
            memory.get(digest(number % 90))
            if number % 11 == 0:
                memory.forget([number % 5])

    at_once(partial(work, 0), partial(work, 3))
    assert len(memory) <= 50
    memory.forget(range(5))
    assert len(memory) == 0
    assert memory._of == {}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_stranger_is_known_from_the_second_time_on_and_for_a_moment() -> None:
    clock = Clock()
    strangers = Strangers(clock=clock)
    strangers.note(digest(1), age=0)
    assert not strangers.knows(digest(1))
    strangers.note(digest(1), age=0)
    assert strangers.knows(digest(1))
    clock.now += KEPT_SECONDS
    assert not strangers.knows(digest(1))


def test_a_flood_of_random_ids_pushes_no_stranger_out_and_takes_no_more_room() -> None:
    strangers = Strangers(most=10, most_at_the_door=100, clock=Clock())
    for _ in range(2):
        strangers.note(digest(0), age=0)
    for number in range(1, 10_000):
        strangers.note(digest(number), age=0)
    assert strangers.knows(digest(0))
    assert (len(strangers), len(strangers._door) <= 100) == (1, True)


def test_strangers_that_all_come_twice_are_bounded_too() -> None:
    strangers = Strangers(most=10, most_at_the_door=100, clock=Clock())
    for number in range(1_000):
        for _ in range(2):
            strangers.note(digest(number), age=0)
    assert len(strangers) == 10


def test_any_change_makes_all_strangers_unknown_also_those_being_looked_up() -> None:
    strangers = Strangers(clock=Clock())
    age = strangers.age
    for _ in range(2):
        strangers.note(digest(1), age=age)
    strangers.forget_all()
    assert not strangers.knows(digest(1))
    strangers.note(digest(1), age=age)
    strangers.note(digest(1), age=age)
    assert not strangers.knows(digest(1))
