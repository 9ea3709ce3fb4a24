"""Calls that passed are found by the ids of the call, as far back as two seconds reach; the answer says how far."""

from datetime import timedelta
from typing import Any

import pytest

from audit import search
from keys.models import KeySecret
from metering import passed
from tests.lookup.conftest import Box, generation, titles

WHOLE = "Calls that passed were searched in the last 48 hours of generations."


@pytest.mark.parametrize("field", ["request_id", "idempotency_key"])
@pytest.mark.parametrize("hours", [0, 3, 20, 40])
def test_a_call_that_passed_is_found_by_its_ids(hours: int, field: str, box: Box, secret: KeySecret) -> None:
    id = generation(secret, ago=timedelta(hours=hours), **{field: "order-7781/1"})
    generation(secret, ago=timedelta(hours=hours), **{field: "order-7782/1"})
    answer = box.paste("level=INFO said order-7781/1 passed")
    assert titles(answer) == [f"Generation {id}"]
    assert WHOLE in answer.text


def test_a_generation_that_is_named_twice_is_told_once_and_two_of_one_customer_are_both_told(
    box: Box, secret: KeySecret
) -> None:
    one, two = (generation(secret, request_id=f"01K9Z5N8X{n}") for n in range(2))
    assert set(titles(box.paste(f"{one} 01K9Z5N8X0 {two}"))) == {f"Generation {one}", f"Generation {two}"}


def test_older_ones_are_not_found_and_the_answer_says_how_far_it_looked(box: Box, secret: KeySecret) -> None:
    generation(secret, ago=timedelta(hours=60), request_id="01K9Z5N8XQ")
    answer = box.paste("01K9Z5N8XQ")
    assert "Nothing found" in answer.text
    assert WHOLE in answer.text


def test_a_foreign_call_looks_as_if_it_did_not_exist(her_box: Box, foreign: KeySecret, secret: KeySecret) -> None:
    generation(foreign, request_id="01K9Z5N8XQ")
    assert titles(her_box.paste("01K9Z5N8XQ")) == []
    mine = generation(secret, request_id="01K9Z5N8XR")
    assert titles(her_box.paste("01K9Z5N8XR")) == [f"Generation {mine}"]


def test_names_and_words_search_no_ledger(box: Box, secret: KeySecret, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passed, "named", _fail)
    for text in ("Palomar Post", "kestrel", secret.key.uid, "lorem ipsum dolor"):
        assert box.paste(text).status_code == 200


def test_a_search_that_takes_too_long_ends_and_keeps_what_it_has(
    box: Box, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = generation(secret, request_id="01K9Z5N8XQ")
    limited, steps = search.limited, iter(range(9))
    # The third step gets no time at all.
    monkeypatch.setattr(search, "limited", lambda seconds: limited(0.001 if next(steps) == 2 else seconds))
    slow = passed.Generation.objects.extra(where=["pg_sleep(0.05) IS NOT NULL"])
    monkeypatch.setattr(passed.Generation, "objects", slow)
    generation(secret, ago=timedelta(hours=10), request_id="01K9Z5N8XQ")
    answer = box.paste("01K9Z5N8XQ")
    assert titles(answer) == [f"Generation {id}"]
    assert "searched in the last 6 hours of generations; further back are too many" in answer.text


def test_no_more_time_is_given_to_a_statement_than_is_left(
    box: Box, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []
    limited = search.limited
    monkeypatch.setattr(search, "limited", lambda seconds: given.append(seconds) or limited(seconds))
    box.paste("01K9Z5N8XQ")
    assert len(given) == len(passed.STEPS)
    assert given == sorted(given, reverse=True)
    assert given[0] <= passed.SECONDS


def _fail(*args: Any, **named: Any) -> None:
    raise AssertionError("the ledger was searched")
