"""A second call about a key asks no database, and yet never tells what has changed since."""

import pytest
import redis
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit import trail
from keys import actions, known, secrets, tail
from keys.models import ApiKey, KeySecret
from orgs import tokens
from tests.factories import SecretFactory, record_fixture
from tests.gateway.conftest import Gateway


def statements(calling: Gateway, secret: KeySecret, **fields: object) -> int:
    with CaptureQueriesContext(connection) as captured:
        calling.validate(secret, **fields)
    return len(captured)


def revoke(secret: KeySecret) -> None:
    actions.revoke_key(key=secret.key, actor=trail.SYSTEM, code=ApiKey.RevokeCode.LEAKED, reason="gone")


def test_a_key_that_is_known_is_validated_without_a_statement(calling: Gateway, secret: KeySecret) -> None:
    assert statements(calling, secret) > 0
    assert [statements(calling, secret, admit=admit) for admit in (True, False, True)] == [0, 0, 0]


def test_one_that_is_not_yet_known_takes_one_statement(calling: Gateway, secret: KeySecret) -> None:
    calling.validate(SecretFactory())
    assert statements(calling, secret) == 1


def test_that_statement_is_prepared_once_for_all(calling: Gateway) -> None:
    for _ in range(8):
        calling.validate(SecretFactory())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM keys_keysecret s%'")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize("admit", [True, False])
def test_a_revocation_is_told_at_once(calling: Gateway, secret: KeySecret, admit: bool) -> None:
    assert calling.validate(secret, admit=admit)["code"] == "VALID"
    revoke(secret)
    assert calling.validate(secret, admit=admit)["code"] == "REVOKED"


def test_so_is_that_a_paused_key_works_again(calling: Gateway) -> None:
    secret = SecretFactory(key__state="paused")
    assert calling.validate(secret)["code"] == "PAUSED"
    assert statements(calling, secret) == 0
    actions.resume_key(key=secret.key, actor=trail.SYSTEM, reason="")
    assert calling.validate(secret)["code"] == "VALID"


def test_a_change_to_one_organization_leaves_others_known(calling: Gateway, secret: KeySecret) -> None:
    other = SecretFactory()
    for one in (secret, other):
        calling.validate(one)
    revoke(secret)
    assert statements(calling, other) == 0


def test_in_an_emptied_store_nothing_is_current(
    calling: Gateway, secret: KeySecret, a_patient_and_empty_counter_store: redis.Redis
) -> None:
    calling.validate(secret)
    a_patient_and_empty_counter_store.flushdb()
    assert statements(calling, secret) == 1
    assert statements(calling, secret) == 0


def test_a_change_whose_token_was_lost_is_told_by_the_feed(
    calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    known.process.tail.step()
    calling.validate(secret)
    monkeypatch.setattr(tokens, "renew", _lose)
    revoke(secret)
    assert calling.validate(secret)["code"] == "VALID"
    known.process.tail.step()
    assert calling.validate(secret)["code"] == "REVOKED"


def test_where_the_feed_is_not_read_each_call_reads_the_database(
    calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    calling.validate(secret)
    monkeypatch.setattr(tail.Tail, "is_fresh", False)
    # The gateway's own credential, and the customer's.
    assert [statements(calling, secret) for _ in range(2)] == [2, 2]


def test_a_change_between_the_row_and_its_token_is_seen(
    calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens_of = known._tokens_of

    def changed_meanwhile(organization: int) -> tuple[str, bytes]:
        monkeypatch.setattr(known, "_tokens_of", tokens_of)
        revoke(secret)
        return tokens_of(organization)

    monkeypatch.setattr(known, "_tokens_of", changed_meanwhile)
    assert calling.validate(secret)["code"] == "REVOKED"


def test_random_keys_push_nobody_out(calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch) -> None:
    calling.validate(secret)
    for _ in range(30):
        calling.validate(secret, credential=secrets.make_credential("live").text)
    assert (len(known.process.customers), len(known.process.strangers)) == (1, 0)
    assert statements(calling, secret) == 0


def test_the_same_unknown_key_is_asked_for_twice_and_not_again(calling: Gateway, secret: KeySecret) -> None:
    calling.validate(secret)
    credential = secrets.make_credential("live").text
    assert [statements(calling, secret, credential=credential) for _ in range(4)] == [1, 1, 0, 0]


def test_a_gateway_that_was_revoked_is_refused_once_the_tail_has_read_it(calling: Gateway, secret: KeySecret) -> None:
    known.process.tail.step()
    calling.validate(secret)
    actions.revoke_gateway(credential=calling.row, actor=trail.SYSTEM, reason="gone")
    known.process.tail.step()
    assert calling.post("keys/validate", {}).status_code == 401


def test_what_changes_by_the_clock_alone_needs_no_news(calling: Gateway, secret: KeySecret) -> None:
    calling.validate(secret)
    with transaction.atomic():
        KeySecret.objects.filter(pk=secret.pk).update(last_four="abcd")
        record_fixture(secret.key.uid)
    # No action, so no token: what every action announces is what makes memory stale.
    assert statements(calling, secret) == 0


def _lose(organization: int) -> None:
    raise redis.ConnectionError("lost")
