"""What the benches promise: their last lines, their servers, and steps that exist."""

import functools
import importlib
import re

import pytest

from axis_admin import fleet
from bench import copying, cpu, ingest, load, report, stack, steps, validate
from bench.reporting import Copied
from bench.sampling import Sample
from bench.targets import EMPTY, PEER, VALIDATE, VIEW

NOBODY = cpu.Shares(None, None, None)


def _sample(answers: int, *, p50: float = 1.0, p99: float = 2.0, unexpected: int = 0, share: float = 0.1) -> Sample:
    return Sample(load.Result(1.0, answers, share, p50, p99, {"200": answers}, unexpected), NOBODY)


def test_the_last_line_of_validate() -> None:
    many = {EMPTY: [_sample(8000), _sample(4000)], VALIDATE: [_sample(2000)] * 2, PEER: [_sample(1000)] * 2}
    many[VIEW] = [_sample(1600), _sample(800)]
    alone = {EMPTY: [_sample(1, p50=0.2)] * 2, VALIDATE: [_sample(1, p50=0.5, p99=1.25)] * 2, PEER: [_sample(1)] * 2}
    line = validate.last_line(many, alone, sql_per_validate=0.0004)
    first = "validate_vs_empty=0.375 validate_vs_peer=2.000 p50_vs_empty=2.500 p99_ms=1.250"
    assert line == f"{first} drf_vs_empty=0.200 sql_per_validate=0.000"


def test_the_last_line_of_ingest() -> None:
    copied = [Copied(copying.Result(seconds=0.5, cpu_seconds=0.1, batches=500), NOBODY)] * 2
    line = ingest.last_line([_sample(100), _sample(50)], copied)
    assert line == "generations_per_s=15000.0 ingest_vs_copy=0.075"


def test_a_sample_whose_answers_went_wrong_spoils_the_bench() -> None:
    report.check("validate", [_sample(1_000, unexpected=20)])
    with pytest.raises(report.Spoiled, match="validate: 21 of 1000"):
        report.check("validate", [_sample(1_000, unexpected=21)])


def test_other_statuses_than_200_are_told() -> None:
    odd = load.Result(1.0, 5, 0.1, 1.0, 1.0, {"200": 3, "503": 2}, unexpected=2)
    assert report.wrong([Sample(odd, NOBODY), _sample(10, unexpected=1)]) == "3 of 15 (2 × 503)"
    assert report.wrong([_sample(10)]) == "0 of 10"


def test_a_bench_without_figures_ends_with_one_line_and_a_failure() -> None:
    def spoiled() -> None:
        raise report.Spoiled("validate: nothing was admitted")

    with pytest.raises(SystemExit, match="No figures: validate: nothing was admitted"):
        report.or_one_line(spoiled)


def test_a_load_that_held_the_server_up_is_told() -> None:
    assert "THE LOAD WAS THE BOTTLENECK in 1 of 2" in report.load_bound([_sample(1, share=0.97), _sample(1)])
    assert "not the bottleneck" in report.load_bound([_sample(1)])


def test_the_bench_serves_as_make_run_serves() -> None:
    ours = stack.granian("axis_admin.wsgi:application", port=8001, workers=2)[2:]
    assert ours == fleet._granian(8001, workers=2)


@pytest.mark.parametrize("step", sorted({step[1] for step in (*steps.VALIDATE, *steps.INGEST)}))
def test_every_step_that_is_timed_exists(step: str) -> None:
    module, _, path = step.partition(":")
    assert callable(functools.reduce(getattr, path.split("."), importlib.import_module(module)))


@pytest.mark.parametrize("name", ["AXIS_VAR", "DATABASE_URL", "PORT", "GATEWAY_PORT", "SECRET_KEY", "DEBUG"])
def test_what_somebody_set_for_their_own_stack_is_not_for_the_bench_s(name: str) -> None:
    assert re.match(stack._THEIRS, name)


@pytest.mark.parametrize("name", ["AXIS_POSTGRES_BIN", "AXIS_VALKEY_SERVER", "PATH", "SUPPORT"])
def test_where_the_programs_are_stays_known(name: str) -> None:
    assert not re.match(stack._THEIRS, name)
