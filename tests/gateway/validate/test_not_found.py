"""NOT_FOUND: an unknown id and a wrong secret are one code on one path."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keys import secrets
from keys.models import KeySecret
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway


def with_another_secret(text: str) -> str:
    """A well-formed credential with the same public id."""
    body = text[:22] + secrets.make_credential("live").text[22:-6]
    return body + secrets.checksum(body)


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    """What is left of an answer without what is new in each."""
    return {name: value for name, value in answer.items() if name != "decision_id"}


def test_an_unknown_id_and_a_wrong_secret_are_answered_the_same(calling: Gateway, secret: KeySecret) -> None:
    unknown = calling.validate(secret, credential=secrets.make_credential("live").text)
    wrong = calling.validate(secret, credential=with_another_secret(secret.text))
    assert unknown["code"] == "NOT_FOUND"
    assert (unknown["http_status"], unknown["cause"], unknown["retryable"]) == (401, "key", False)
    assert checked(unknown) == checked(wrong)


def test_both_run_the_same_statements(calling: Gateway, secret: KeySecret) -> None:
    calling.validate(secret)
    statements = []
    for credential in (secrets.make_credential("live").text, with_another_secret(secret.text)):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            calling.validate(secret, credential=credential)
        public_id = credential[9:21]
        statements.append([query["sql"].replace(public_id, "?") for query in captured])
    unknown, wrong = statements
    assert unknown == wrong
    assert len(unknown) == 1


def test_both_open_and_compare_one_digest(calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch) -> None:
    calling.validate(secret)
    opened: list[str] = []
    unseal = secrets.unseal
    monkeypatch.setattr(secrets, "unseal", lambda *args, **named: opened.append("digest") or unseal(*args, **named))
    for credential in (secrets.make_credential("live").text, with_another_secret(secret.text)):
        opened.clear()
        calling.validate(secret, credential=credential)
        assert len(opened) == 1


def test_where_there_is_no_key_at_all_the_way_is_the_same(calling: Gateway) -> None:
    body = {"credential": secrets.make_credential("live").text, "organization": "org_1", "api_version": "v1"}
    assert calling.post("keys/validate", body).json()["code"] == "NOT_FOUND"


@pytest.mark.parametrize("state", ["revoked", "paused"])
def test_state_is_not_revealed_to_who_lacks_the_secret(calling: Gateway, state: str) -> None:
    secret = SecretFactory(key__state=state, key__organization__status="suspended")
    answer = calling.validate(secret, credential=with_another_secret(secret.text))
    assert answer["reasons"] == ["NOT_FOUND"]
    assert answer["organization"] is answer["key"] is None
    assert answer["cache"]["max_age_s"] == 0


def test_a_digest_copied_into_another_row_opens_nothing(calling: Gateway, secret: KeySecret) -> None:
    # Who can write rows can still mint no key: a sealed digest is bound to its own public id.
    other = SecretFactory(key=secret.key, state="overlap")
    body = secret.text[:9] + other.public_id + secret.text[21:-6]
    forged = body + secrets.checksum(body)
    ring_id, sealed = secrets.seal(secrets.digest(forged), public_id=secret.public_id, ring=settings.FIELD_KEYS)
    with connection.cursor() as cursor:
        ids, seen = [other.pk], [bytes(other.digest)]
        cursor.execute("SELECT keys_reseal(false, %s, %s, %s, %s::smallint)", [ids, seen, [sealed], ring_id])
        assert cursor.fetchone() == (1,)
    assert calling.validate(secret, credential=forged)["code"] == "NOT_FOUND"
