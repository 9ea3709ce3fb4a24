"""The cache that docs/gateway.md shows, run against the real endpoints."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audit import trail
from keys import actions, verdicts
from keys.models import FeedReader, KeySecret
from orgs.models import ChangeHead
from tests.docs import markdown
from tests.factories import GatewayFactory, SecretFactory

(SOURCE,) = markdown.fences(markdown.read("gateway"), "python")
Answer = tuple[int, Any, Any]


class Line:
    """What the example calls: counts, and may be cut."""

    def __init__(self) -> None:
        self.client, self.text = Client(), GatewayFactory().text
        self.is_cut, self.asked = False, 0
        self.before_answering: Callable[[], object] = lambda: None

    def __call__(self, method: str, path: str, body: Any) -> Answer:
        if self.is_cut:
            return 504, {}, None
        self.asked += path == "keys/validate"
        headers = {"Authorization": f"Bearer {self.text}"}
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        response = self.client.generic(method, f"/gateway/v1/{path}", headers=headers, **sent)
        self.before_answering()
        return response.status_code, response.headers, response.json()


@pytest.fixture
def line(db: None) -> Line:
    return Line()


@pytest.fixture
def cache(line: Line) -> Any:
    names: dict[str, Any] = {}
    exec(compile(SOURCE, "docs/gateway.md", "exec"), names)  # noqa: S102
    made = names["Identities"](line, "gw-1")
    made.poll()
    return made


@pytest.fixture
def secret(db: None) -> KeySecret:
    made: KeySecret = SecretFactory()
    return made


def code(cache: Any, secret: KeySecret) -> str:
    return str(cache.who(secret.text, secret.key.organization.uid, "v2")["code"])


def revoke(secret: KeySecret) -> None:
    actions.revoke_key(key=secret.key, actor=trail.SYSTEM, code="leaked", reason="Seen in a log")


def test_a_caller_is_asked_about_once(cache: Any, line: Line, secret: KeySecret) -> None:
    assert [code(cache, secret) for _ in range(3)] == ["VALID"] * 3
    assert line.asked == 1


def test_what_was_revoked_is_dropped_and_confirmed(cache: Any, line: Line, secret: KeySecret) -> None:
    code(cache, secret)
    revoke(secret)
    assert code(cache, secret) == "VALID"
    assert cache.poll() is True
    assert code(cache, secret) == "REVOKED"
    assert cache.poll() is False
    assert FeedReader.objects.get(source="gw-1").seq == ChangeHead.objects.get().seq


def test_an_answer_that_was_overtaken_by_a_change_is_not_kept(cache: Any, line: Line, secret: KeySecret) -> None:
    def overtake() -> None:
        line.before_answering = lambda: None
        revoke(secret)
        cache.poll()

    line.before_answering = overtake
    assert code(cache, secret) == "VALID"
    assert code(cache, secret) == "REVOKED"


def test_while_we_are_away_what_is_kept_serves_and_no_longer_than_it_may(
    cache: Any, line: Line, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    code(cache, secret)
    line.is_cut = True
    for later in (verdicts.MAX_AGE_S + 1, verdicts.STALE_IF_ERROR_S - 1):
        monkeypatch.setattr(time, "monotonic", lambda later=later: began + later)
        assert code(cache, secret) == "VALID"
    monkeypatch.setattr(time, "monotonic", lambda: began + verdicts.STALE_IF_ERROR_S + 60)
    with pytest.raises(RuntimeError, match="504"):
        code(cache, secret)


def test_unknown_keys_are_not_kept(cache: Any, line: Line, secret: KeySecret) -> None:
    secret.text = "axk_live_nobody"
    assert [code(cache, secret) for _ in range(2)] == ["MALFORMED"] * 2
    assert line.asked == 2


@pytest.mark.parametrize("status", [410, 400])
def test_a_feed_that_lost_its_place_drops_everything(
    cache: Any, line: Line, secret: KeySecret, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    code(cache, secret)
    head = ChangeHead.objects.get_or_create(id=1)[0]
    if status == 410:
        # Nothing is left of what it has not read.
        ChangeHead.objects.update(seq=head.seq + 5)
    else:
        cache.after = head.seq + 5
    assert cache.poll() is True
    assert cache.kept == {}
    cache.poll()
    assert cache.after == ChangeHead.objects.get().seq
