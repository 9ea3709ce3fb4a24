"""REVOKED."""

from keys.models import KeySecret
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway


def test_a_revoked_key_is_refused(calling: Gateway) -> None:
    answer = calling.validate(SecretFactory(key__state="revoked"))
    assert (answer["valid"], answer["code"], answer["http_status"], answer["cause"]) == (False, "REVOKED", 401, "key")
    assert (answer["retryable"], answer["limits"], answer["service_tier"]) == (False, [], None)


def test_who_has_the_secret_is_told_whose_it_was(calling: Gateway) -> None:
    secret = SecretFactory(key__state="revoked")
    answer = calling.validate(secret)
    assert answer["key"]["id"] == secret.key.uid
    assert answer["organization"]["id"] == secret.key.organization.uid
    assert answer["cache"]["max_age_s"] == 30


def test_a_refusal_spends_nothing(calling: Gateway, secret: KeySecret) -> None:
    revoked = SecretFactory(key__organization=secret.key.organization, key__state="revoked")
    calling.validate(revoked)
    assert calling.validate(secret)["limits"][0]["remaining"] == 19


def test_a_revoked_key_is_never_admitted_again_by_a_replay(calling: Gateway, secret: KeySecret) -> None:
    assert calling.validate(secret, request_id="r")["code"] == "VALID"
    revoke(secret)
    assert calling.validate(secret, request_id="r")["code"] == "REVOKED"


def revoke(secret: KeySecret) -> None:
    from audit import trail
    from keys import actions

    actions.revoke_key(key=secret.key, actor=trail.SYSTEM, code="leaked", reason="found in a public repository")
