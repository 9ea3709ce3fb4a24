"""ROTATED_OUT: an old secret whose overlap has ended, by the clock and not by a sweep."""

from datetime import timedelta

from django.utils import timezone

from keys.models import KeySecret
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway


def test_the_old_secret_stops_when_its_overlap_ends(calling: Gateway, secret: KeySecret) -> None:
    old = SecretFactory(key=secret.key, state="overlap", overlap_until=timezone.now())
    answer = calling.validate(old)
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("ROTATED_OUT", 401, "key")
    assert answer["rotation"] is None


def test_a_retired_secret_stays_told_apart_from_an_unknown_one(calling: Gateway, secret: KeySecret) -> None:
    assert calling.validate(SecretFactory(key=secret.key, state="retired"))["code"] == "ROTATED_OUT"


def test_the_new_secret_works_all_the_while(calling: Gateway, secret: KeySecret) -> None:
    SecretFactory(key=secret.key, state="overlap", overlap_until=timezone.now() - timedelta(days=1))
    assert calling.validate(secret)["code"] == "VALID"
