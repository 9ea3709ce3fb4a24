"""PAUSED."""

from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway


def test_a_paused_key_is_refused(calling: Gateway) -> None:
    answer = calling.validate(SecretFactory(key__state="paused"))
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("PAUSED", 403, "key")
