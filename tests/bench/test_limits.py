"""What the bench of limits makes of its samples, and what it asks the store."""

from pathlib import Path

import redis
from django.conf import settings

from bench import deciding, limits, payload
from bench.commands import Result
from bench.cpu import Shares
from bench.sampling import Sample
from keys.limits import store
from tests.bench.test_keys import sample

NOTHING = Shares(None, None, None)


def asked(rate: int) -> limits.Asked:
    return limits.Asked(Result(seconds=1.0, answers=rate, cpu_seconds=0.1, unexpected=0), NOTHING)


def timed(milliseconds: float) -> Sample:
    made = sample(1_000)
    made.result.p50_ms = milliseconds
    return made


def test_the_last_line_compares_rounds() -> None:
    alone = {limits.SCRIPT: [asked(rate) for rate in (10, 20, 30)], limits.GET: [asked(rate) for rate in (20, 80, 60)]}
    over_http = {limits.SIX: [timed(0.6)] * 3, limits.ONE: [timed(0.5)] * 3}
    line = limits.last_line(alone, over_http, exact=1.0, weeks=[200.0, 220.0, 210.0])
    assert line == "script_vs_get=0.500 six_vs_one=1.200 exact_of_16=1.000 what_if_ms=210.0"


def test_what_is_asked_is_answered_as_expected(workers_valkey: redis.Redis, tmp_path: Path) -> None:
    counters = store.Store(settings.VALKEY_URL, timeout=10)
    for file, expect in deciding.write(tmp_path):
        for command in payload.unpack(file.read_bytes())[:3]:
            assert counters.ask_packed(command, key="").startswith(expect.encode())
    (jobs,) = workers_valkey.keys(f"{{{deciding.FIRST}}}:jobs:*")
    assert workers_valkey.zcard(jobs) == 3
