"""IP_NOT_ALLOWED."""

import pytest

from keys.models import KeySecret
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway

ALLOWED = ["203.0.113.0/24", "2001:db8::/32"]


@pytest.fixture
def restricted(db: None) -> KeySecret:
    made: KeySecret = SecretFactory(key__allowed_cidrs=ALLOWED)
    return made


@pytest.mark.parametrize("address", ["198.51.100.7", "203.0.112.255", "2001:db9::1", "::ffff:198.51.100.7"])
def test_an_address_outside_the_allow_list_is_refused(calling: Gateway, restricted: KeySecret, address: str) -> None:
    answer = calling.validate(restricted, client_ip=address)
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("IP_NOT_ALLOWED", 403, "policy")


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7"])
def test_an_address_within_passes_in_whatever_notation(calling: Gateway, restricted: KeySecret, address: str) -> None:
    assert calling.validate(restricted, client_ip=address)["code"] == "VALID"


def test_an_absent_address_is_refused_where_there_is_an_allow_list(calling: Gateway, restricted: KeySecret) -> None:
    assert calling.validate(restricted)["code"] == "IP_NOT_ALLOWED"
    assert calling.validate(restricted, client_ip=None)["code"] == "IP_NOT_ALLOWED"


def test_without_an_allow_list_any_address_passes(calling: Gateway, secret: KeySecret) -> None:
    assert calling.validate(secret, client_ip="198.51.100.7")["code"] == "VALID"
