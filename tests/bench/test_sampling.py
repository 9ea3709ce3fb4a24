"""A sample is taken of a program that says when it begins, and is none where the program fails."""

import sys

import pytest

from bench import sampling


def test_a_program_s_result_is_what_it_prints_last() -> None:
    result, _ = sampling.run([sys.executable, "-c", "print('begin'); print('{\"answers\": 3}')"])
    assert result == {"answers": 3}


@pytest.mark.parametrize("script", ["print('begin'); raise SystemExit(3)", "print('sorry'); print('{}')"])
def test_a_program_that_fails_or_never_begins_is_no_sample(script: str) -> None:
    with pytest.raises(sampling.SampleFailed):
        sampling.run([sys.executable, "-c", script])
