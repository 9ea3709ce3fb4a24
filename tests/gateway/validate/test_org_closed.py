"""ORG_CLOSED."""

from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway


def test_a_closed_customer_is_refused(calling: Gateway) -> None:
    answer = calling.validate(SecretFactory(key__organization__status="closed"))
    assert (answer["code"], answer["reasons"]) == ("ORG_CLOSED", ["ORG_CLOSED"])
    assert (answer["http_status"], answer["cause"]) == (403, "policy")
