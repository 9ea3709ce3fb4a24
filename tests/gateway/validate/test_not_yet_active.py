"""NOT_YET_ACTIVE."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway


def test_a_key_is_refused_until_its_first_moment(calling: Gateway) -> None:
    begins = timezone.now() + timedelta(hours=1)
    secret = SecretFactory(key__not_before=begins)
    answer = calling.validate(secret)
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("NOT_YET_ACTIVE", 403, "key")
    with time_machine.travel(begins, tick=False):
        assert calling.validate(secret)["code"] == "VALID"
