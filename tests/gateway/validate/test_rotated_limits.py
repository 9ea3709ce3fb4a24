"""Limits stay on the key: during an overlap two secrets share one allowance."""

from datetime import timedelta

import pytest
from django.db import transaction

from keys import actions
from keys.models import KeySecret
from tests.cast import ACTOR
from tests.factories import RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway

# One a day: within a test nothing flows back.
DAY = {"limit": 1, "period_s": 86_400}


@pytest.mark.parametrize("owner", ["key", "organization"])
def test_two_secrets_of_a_key_share_its_limits(owner: str, calling: Gateway, secret: KeySecret) -> None:
    RuleFactory(**{owner: secret.key if owner == "key" else secret.key.organization}, name="narrow", burst=4, **DAY)
    old = SecretFactory(key=secret.key, state="overlap")
    codes = [calling.validate(one)["code"] for _ in range(3) for one in (old, secret)]
    assert codes == ["VALID"] * 4 + ["RATE_LIMITED"] * 2


def test_a_rotation_refills_nothing(calling: Gateway, secret: KeySecret) -> None:
    RuleFactory(key=secret.key, name="narrow", burst=2, **DAY)
    assert [calling.validate(secret)["code"] for _ in range(3)] == ["VALID", "VALID", "RATE_LIMITED"]
    with transaction.atomic():
        made, text = actions.rotate_key(key=secret.key, actor=ACTOR, overlap=timedelta(days=1))
    made.text = text
    assert calling.validate(made)["code"] == "RATE_LIMITED"
    assert calling.validate(secret)["code"] == "RATE_LIMITED"
