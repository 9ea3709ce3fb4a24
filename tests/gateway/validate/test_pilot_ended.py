"""PILOT_ENDED."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.factories import OrganizationFactory, PilotFactory, SecretFactory
from tests.gateway.conftest import Gateway


def test_a_pilot_ends_by_the_clock(calling: Gateway) -> None:
    pilot = PilotFactory()
    secret = SecretFactory(key__organization=pilot.organization)
    with time_machine.travel(pilot.ends_at - timedelta(milliseconds=1), tick=False):
        assert calling.validate(secret)["code"] == "VALID"
    with time_machine.travel(pilot.ends_at, tick=False):
        answer = calling.validate(secret)
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("PILOT_ENDED", 403, "policy")


@pytest.mark.parametrize("state", ["expired", "cancelled"])
def test_a_pilot_that_was_ended_early_has_ended(calling: Gateway, state: str) -> None:
    secret = SecretFactory(key__organization=PilotFactory(state=state).organization)
    assert calling.validate(secret)["code"] == "PILOT_ENDED"


def test_the_pilot_of_a_customer_that_has_become_active_no_longer_counts(calling: Gateway) -> None:
    organization = OrganizationFactory(status="active")
    PilotFactory(organization=organization, starts_at=timezone.now() - timedelta(days=90), state="converted")
    answer = calling.validate(SecretFactory(key__organization=organization))
    assert (answer["code"], answer["cache"]["not_after"]) == ("VALID", None)
