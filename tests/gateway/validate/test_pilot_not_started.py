"""PILOT_NOT_STARTED."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from tests.factories import PilotFactory, SecretFactory
from tests.gateway.conftest import Gateway


def test_a_pilot_opens_by_the_clock(calling: Gateway) -> None:
    begins = timezone.now() + timedelta(hours=1)
    secret = SecretFactory(key__organization=PilotFactory(starts_at=begins).organization)
    answer = calling.validate(secret)
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("PILOT_NOT_STARTED", 403, "policy")
    with time_machine.travel(begins, tick=False):
        assert calling.validate(secret)["code"] == "VALID"


def test_a_pilot_still_in_draft_has_not_started(calling: Gateway) -> None:
    secret = SecretFactory(key__organization=PilotFactory(state="draft").organization)
    assert calling.validate(secret)["code"] == "PILOT_NOT_STARTED"
