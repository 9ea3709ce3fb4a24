"""While the counter store is down, the plan says what happens; it is never a 429."""

from pathlib import Path

import pytest

from axis_admin.gateway import metrics
from keys.limits import limiter, store
from keys.models import KeySecret
from tests.factories import PlanVersionFactory, SecretFactory
from tests.gateway.conftest import Gateway, asked


@pytest.fixture
def store_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    away = store.Store(f"unix://{tmp_path}/nothing.sock")
    monkeypatch.setattr(limiter, "limiter", lambda: limiter.Limiter(away))
    monkeypatch.setattr(store, "current", lambda: away)
    monkeypatch.setattr(store, "client", lambda: store.connect(f"unix://{tmp_path}/nothing.sock"))


@pytest.fixture
def of_a_closed_plan(db: None) -> KeySecret:
    made: KeySecret = SecretFactory(key__organization__plan_version=PlanVersionFactory(counter_store_down="closed"))
    return made


def test_an_open_plan_admits_uncounted_and_says_so(calling: Gateway, secret: KeySecret, store_down: None) -> None:
    errors = metrics.STORE_ERRORS._value.get()
    answer = calling.validate(secret, request_id="r")
    assert (answer["valid"], answer["code"], answer["degraded"]) == (True, "VALID", True)
    assert (answer["limits"], answer["headers"], answer["service_tier"]) == ([], {}, "shared")
    assert metrics.STORE_ERRORS._value.get() == errors + 1


def test_a_closed_plan_is_a_503_and_no_verdict(calling: Gateway, of_a_closed_plan: KeySecret, store_down: None) -> None:
    response = calling.post("keys/validate", asked(of_a_closed_plan))
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert response["Retry-After"] == "1"
    assert "code" not in response.json()


def test_a_revoked_key_stays_refused(calling: Gateway, store_down: None) -> None:
    assert calling.validate(SecretFactory(key__state="revoked"))["code"] == "REVOKED"


def test_who_it_is_can_be_told_all_the_same(calling: Gateway, of_a_closed_plan: KeySecret, store_down: None) -> None:
    answer = calling.validate(of_a_closed_plan, admit=False)
    assert (answer["code"], answer["degraded"], answer["limits"]) == ("VALID", False, [])
