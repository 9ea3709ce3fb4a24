"""MALFORMED: no database is asked."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from keys import known, refusals, secrets
from keys.models import KeySecret
from tests.gateway.conftest import Gateway

LIVE = secrets.make_credential("live").text

MALFORMED = {
    "nothing": "",
    "something else": "sk-1234567890",
    "too long": LIVE + "A",
    "much too long": LIVE + "A" * 100_000,
    "too short": LIVE[:-1],
    "wrong checksum": LIVE[:-1] + ("A" if LIVE[-1] != "A" else "B"),
    "a digit that is none": LIVE[:10] + "-" + LIVE[11:],
    "a line break behind it": LIVE + "\n",
    "a NUL within": LIVE[:30] + "\0" + LIVE[31:],
    "another prefix": "axk_prod_" + LIVE[9:],
    "with its scheme": f"Bearer {LIVE}",
    "digits of another script": LIVE[:-6] + "١٢٣٤٥٦",
    "a gateway's": secrets.make_credential("gateway").text,
}


@pytest.mark.parametrize("credential", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_credential_of_ours_is_refused_unasked(
    calling: Gateway,
    secret: KeySecret,
    credential: str,
    django_assert_num_queries: Callable[[int], AbstractContextManager[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calling.validate(secret)
    # The gateway's own credential is known by now, and the tail has read what imported ones begin with.
    monkeypatch.setattr(known.process, "prefixes", frozenset(["sk-old-"]))
    # Nor is asked who is an organization, but once a minute.
    refusals._names.knows("")
    with django_assert_num_queries(0):
        answer = calling.validate(secret, credential=credential)
    assert (answer["valid"], answer["code"], answer["reasons"]) == (False, "MALFORMED", ["MALFORMED"])
    assert (answer["http_status"], answer["cause"], answer["retryable"]) == (401, "key", False)


def test_it_tells_nothing_and_is_not_cached(calling: Gateway, secret: KeySecret) -> None:
    answer = calling.validate(secret, credential="nothing of ours", request_id="r")
    assert answer["message"] != ""
    assert answer["request_id"] == "r"
    assert answer["organization"] is answer["key"] is answer["rotation"] is answer["service_tier"] is None
    assert (answer["limits"], answer["violated"], answer["headers"]) == ([], [], {})
    assert answer["cache"] == {"version": None, "max_age_s": 0, "stale_if_error_s": 0, "not_after": None}
