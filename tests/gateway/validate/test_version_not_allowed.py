"""VERSION_NOT_ALLOWED."""

from tests.factories import PlanVersionFactory, SecretFactory
from tests.gateway.conftest import Gateway


def test_a_version_that_the_key_does_not_include_is_refused(calling: Gateway) -> None:
    secret = SecretFactory(key__api_versions=["v1"])
    answer = calling.validate(secret, api_version="v2")
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("VERSION_NOT_ALLOWED", 403, "policy")
    assert calling.validate(secret, api_version="v1")["code"] == "VALID"


def test_a_version_that_the_plan_does_not_include_is_refused(calling: Gateway) -> None:
    plan = PlanVersionFactory(api_versions=["v1"], rates={"v1-minute": 60})
    secret = SecretFactory(key__organization__plan_version=plan)
    assert calling.validate(secret, api_version="v2")["code"] == "VERSION_NOT_ALLOWED"
    assert calling.validate(secret, api_version="v1")["code"] == "VALID"
