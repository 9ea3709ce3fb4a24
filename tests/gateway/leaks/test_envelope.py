"""Who may report, what a report may hold, and that nothing of it is kept."""

import logging

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from axis_admin.gateway import bodies, wire
from keys import secrets
from keys.models import KeySecret, LeakReport
from tests.gateway.conftest import Gateway
from tests.gateway.leaks.conftest import Scanner
from tests.gateway.test_problems import assert_problem

GOOD = {"source": "scanner", "url": "https://example.com", "text": "nothing"}


def test_the_usual_scopes_do_not_report_leaks(calling: Gateway) -> None:
    assert_problem(calling.post("leaks", GOOD), 403)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": ""}, "source"),
        ({"source": None}, "source"),
        ({"source": "  "}, "source"),
        ({"source": "\u00a0\u200d\u3164"}, "source"),
        ({"source": "x" * 65}, "source"),
        ({"source": "a\x00b"}, "source"),
        ({"url": 7}, "url"),
        ({"url": "x" * 1001}, "url"),
        ({"url": "https://example.com/\u202e"}, "url"),
        ({"text": None}, "text"),
        ({"text": ["a"]}, "text"),
    ],
)
def test_a_report_that_is_not_what_the_contract_says_is_a_400(
    change: dict[str, object], field: str, scanner: Scanner
) -> None:
    response = scanner.post("leaks", {**GOOD, **change})
    assert_problem(response, 400)
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_a_credential_is_no_source(scanner: Scanner) -> None:
    text = secrets.make_credential("live").text
    response = scanner.post("leaks", {**GOOD, "source": text})
    assert_problem(response, 400)
    assert text not in response.content.decode()


def test_the_address_may_be_missing(scanner: Scanner, in_use: KeySecret) -> None:
    assert scanner.report(in_use.text, url=None) == [(in_use.public_id, "flagged")]
    assert LeakReport.objects.get().url == ""


def test_a_text_is_anything_at_all(scanner: Scanner) -> None:
    assert scanner.report("\x00\x1b\u202e\n" + "é" * 1_000) == []
    assert scanner.report("") == []


def test_more_than_a_thousand_credentials_are_a_413(scanner: Scanner) -> None:
    texts = [secrets.make_credential("live").text for _ in range(1_001)]
    assert len(scanner.report(" ".join(texts[1:]))) == 1_000
    assert_problem(scanner.post("leaks", {**GOOD, "text": " ".join(texts)}), 413)


def test_more_than_a_mebibyte_is_a_413(scanner: Scanner) -> None:
    room = bodies.LARGEST - len(wire.dumps({**GOOD, "text": ""}))
    assert scanner.post("leaks", wire.dumps({**GOOD, "text": "x" * room})).status_code == 200
    assert_problem(scanner.post("leaks", wire.dumps({**GOOD, "text": "x" * (room + 1)})), 413)


def test_the_text_is_kept_nowhere(scanner: Scanner, in_use: KeySecret, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"https://example.com/?q={in_use.text}"
    with CaptureQueriesContext(
        connection,
    ) as asked:
        scanner.report(f"a canary beside {in_use.text}", url=url)
    assert LeakReport.objects.get().url == f"https://example.com/?q=axk_live_{in_use.public_id}"
    written = [caplog.text, *(str(query["sql"]) for query in asked), *map(str, Event.objects.values())]
    secret_part = in_use.text.rpartition("_")[2]
    assert not [text for text in written if secret_part in text or "canary" in text]
