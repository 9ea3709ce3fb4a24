"""The cap of a pilot is a quota over its whole term, and ends where the pilot is converted."""

from datetime import timedelta
from typing import Any

import time_machine
from django.utils import timezone

from keys import actions
from keys.pilot_limits import Agreed
from metering.actions import convert_pilot
from orgs import plans
from tests.cast import ACTOR
from tests.factories import ContactFactory, SecretFactory
from tests.gateway.conftest import Gateway
from tests.metering.pilots.conftest import on_trial


def started(**agreed: Any) -> Any:
    organization = on_trial()
    for kind in ("billing", "security"):
        ContactFactory(organization=organization, kind=kind)
    return actions.start_pilot(
        organization=organization, actor=ACTOR, agreed=Agreed(**agreed), production_plan=plans.latest("standard")
    )


def test_beyond_the_cap_calls_are_refused_until_it_is_raised(calling: Gateway, db: None) -> None:
    pilot = started(generation_cap=2)
    secret = SecretFactory(key__organization=pilot.organization)
    assert [calling.validate(secret)["code"] for _ in range(3)] == ["VALID", "VALID", "QUOTA_EXCEEDED"]
    actions.change_pilot(pilot=pilot, actor=ACTOR, agreed=Agreed(3), lines=[], production_plan=pilot.production_plan)
    assert [calling.validate(secret)["code"] for _ in range(2)] == ["VALID", "QUOTA_EXCEEDED"]


def test_after_it_is_converted_the_cap_is_gone_and_the_tier_is_another(calling: Gateway, db: None) -> None:
    pilot = started(generation_cap=1)
    secret = SecretFactory(key__organization=pilot.organization)
    first = calling.validate(secret)
    assert (first["code"], first["service_tier"]) == ("VALID", "pilot")
    assert calling.validate(secret)["code"] == "QUOTA_EXCEEDED"
    convert_pilot(pilot=pilot, actor=ACTOR)
    answer = calling.validate(secret)
    assert (answer["code"], answer["service_tier"]) == ("VALID", "shared")


def test_an_extended_pilot_s_calls_pass_again(calling: Gateway, db: None) -> None:
    pilot = started()
    secret = SecretFactory(key__organization=pilot.organization)
    with time_machine.travel(pilot.ends_at + timedelta(days=2), tick=False):
        assert calling.validate(secret)["code"] == "PILOT_ENDED"
        ends = timezone.now() + timedelta(days=3)
        actions.extend_pilot(pilot=pilot, actor=ACTOR, ends_at=ends, reason="they asked")
        assert calling.validate(secret)["code"] == "VALID"
