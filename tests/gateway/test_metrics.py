"""What is counted of the gateway's calls."""

import pytest
from prometheus_client import generate_latest
from prometheus_client.registry import REGISTRY

from axis_admin.gateway import inflight
from keys.models import KeySecret
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway

pytestmark = pytest.mark.usefixtures("door")


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


def test_verdicts_are_counted_by_code(calling: Gateway, secret: KeySecret) -> None:
    codes = {"VALID": secret, "REVOKED": SecretFactory(key__state="revoked")}
    before = {code: sample("axis_validate_verdicts_total", code=code) for code in codes}
    for asked in codes.values():
        calling.validate(asked)
    assert {code: sample("axis_validate_verdicts_total", code=code) for code in codes} == {
        code: count + 1 for code, count in before.items()
    }


def test_calls_are_counted_by_endpoint_and_status_and_measured(calling: Gateway, secret: KeySecret) -> None:
    ok, bad = ({"endpoint": "keys/validate", "status": status} for status in ("200", "400"))
    before = [sample("axis_gateway_calls_total", **labels) for labels in (ok, bad)]
    measured = sample("axis_gateway_call_seconds_count", endpoint="keys/validate")
    calling.validate(secret)
    calling.post("keys/validate", b"")
    assert [sample("axis_gateway_calls_total", **labels) for labels in (ok, bad)] == [count + 1 for count in before]
    assert sample("axis_gateway_call_seconds_count", endpoint="keys/validate") == measured + 2


def test_no_call_stays_in_flight(calling: Gateway, secret: KeySecret) -> None:
    before = sample("axis_gateway_calls_in_flight")
    calling.validate(secret)
    calling.post("keys/validate", b"", credential="nonsense")
    assert sample("axis_gateway_calls_in_flight") == before == 0
    assert inflight.calls.enter("somebody")
    assert sample("axis_gateway_calls_in_flight") == 1
    inflight.calls.leave("somebody")


def test_the_metrics_hold_nobodys_credential(calling: Gateway, secret: KeySecret) -> None:
    calling.validate(secret)
    calling.validate(secret, credential="axk_live_" + "A" * 60, organization="Somebody")
    page = generate_latest(REGISTRY).decode()
    assert "axis_validate_verdicts_total" in page
    for private in (secret.public_id, secret.key.organization.uid, "axk_live_", "axg_", "Somebody"):
        assert private not in page
