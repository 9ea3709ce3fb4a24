"""A step counts what it took itself."""

import time

from bench.stopwatch import Step, Stopwatch


def _wait() -> None:
    time.sleep(0.002)


def test_the_time_of_an_inner_step_is_not_the_outer_one_s() -> None:
    watch = Stopwatch()
    inner = watch.timed(Step("inner", ""), _wait)
    outer = watch.timed(Step("outer", ""), lambda: (inner(), inner()))
    outer()
    watch.lap()
    spent = watch.spent()
    assert spent["inner"].times == 2
    assert spent["inner"].wall_us >= 4000 > spent["outer"].wall_us
    assert spent["outer"].times == 1


def test_what_happens_within_several_steps_is_counted_for_each() -> None:
    watch = Stopwatch()
    ask = watch.timed(Step("SQL", "", within=True), _wait)
    for name in ("identity", "credential"):
        watch.timed(Step(name, ""), ask)()
    watch.lap()
    assert list(watch.spent()) == ["identity › SQL", "identity", "credential › SQL", "credential"]


def test_the_median_is_over_calls_and_a_step_that_was_left_out_took_nothing() -> None:
    watch = Stopwatch()
    step = watch.timed(Step("now and then", ""), _wait)
    for does in (True, False, False):
        if does:
            step()
        watch.lap()
    assert watch.spent()["now and then"] == (0, 0, 0)


def test_a_step_that_fails_is_counted_and_its_error_told() -> None:
    watch = Stopwatch()
    failing = watch.timed(Step("failing", ""), lambda: 1 / 0)
    try:
        failing()
    except ZeroDivisionError:
        watch.lap()
    assert watch.spent()["failing"].times == 1
