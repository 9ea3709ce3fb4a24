"""Running a script for many questions in few round trips."""

from collections.abc import Sequence
from typing import Any

import hiredis

from keys.limits import store

# So many are asked in one round trip: it has to be over within the store's time-out.
AT_ONCE = 200
# Names of keys, then arguments.
Question = tuple[Sequence[str], Sequence[Any]]


def evaluate_all(counters: store.Store, script: str, questions: Sequence[Question]) -> list[Any]:
    """Run it for each question and return the answers in order. Raises CounterStoreDown: then some may have run."""
    asked = [(len(names), *names, *arguments) for names, arguments in questions]
    parts = (asked[first : first + AT_ONCE] for first in range(0, len(asked), AT_ONCE))
    return [answer for part in parts for answer in _evaluated(counters, script, part)]


def _evaluated(counters: store.Store, script: str, asked: Sequence[tuple[Any, ...]]) -> list[Any]:
    answers = counters.ask_all(*[("EVALSHA", store.sha(script), *words) for words in asked])
    # It did not know the script then, and has done nothing.
    unknown = [place for place, answer in enumerate(answers) if isinstance(answer, hiredis.ReplyError)]
    if unknown:
        again = counters.ask_all(*[("EVAL", script, *asked[place]) for place in unknown])
        for place, answer in zip(unknown, again, strict=True):
            answers[place] = answer
    return answers
