"""EXPIRED."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway


def test_a_key_is_refused_from_its_expiry_on(calling: Gateway) -> None:
    expires = timezone.now() + timedelta(hours=1)
    secret = SecretFactory(key__expires_at=expires)
    with time_machine.travel(expires - timedelta(milliseconds=1), tick=False):
        assert calling.validate(secret)["code"] == "VALID"
    with time_machine.travel(expires, tick=False):
        answer = calling.validate(secret)
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("EXPIRED", 401, "key")
