"""What a connection has said about organizations and keys is not asked of it again."""

from typing import Any

import pytest
from django.db import connection, transaction

from keys.models import KeySecret
from metering import names
from metering.items import Key, Names
from tests.factories import SecretFactory


@pytest.fixture
def secret(transactional_db: None) -> KeySecret:
    return SecretFactory()


def _look_up(secret: KeySecret, *further: str) -> Names:
    return names.look_up(organizations={secret.key.organization.uid}, public_ids={secret.public_id, *further})


def test_what_was_told_is_not_asked_again(secret: KeySecret, django_assert_num_queries: Any) -> None:
    told = _look_up(secret)
    assert told.organizations[secret.key.organization.uid] == secret.key.organization_id
    assert told.keys[secret.public_id] == Key(secret.key_id, secret.key.organization_id, secret.key.environment)
    with django_assert_num_queries(0):
        assert _look_up(secret) == told


def test_only_what_is_new_is_asked(secret: KeySecret, django_assert_num_queries: Any) -> None:
    _look_up(secret)
    another = SecretFactory()
    with django_assert_num_queries(1):
        assert {secret.public_id, another.public_id} <= _look_up(secret, another.public_id).keys.keys()


def test_what_was_unknown_is_asked_again(secret: KeySecret) -> None:
    assert "fN8FpuY7qFij" not in _look_up(secret, "fN8FpuY7qFij").keys
    made = SecretFactory(public_id="fN8FpuY7qFij")
    assert _look_up(secret, "fN8FpuY7qFij").keys["fN8FpuY7qFij"].id == made.key_id


def test_another_connection_is_asked_anew(secret: KeySecret, django_assert_num_queries: Any) -> None:
    _look_up(secret)
    connection.close()
    connection.ensure_connection()
    with django_assert_num_queries(1):
        assert secret.public_id in _look_up(secret).keys


def test_what_an_open_transaction_says_is_not_remembered(secret: KeySecret) -> None:
    with transaction.atomic():
        made = SecretFactory()
        assert made.public_id in _look_up(made).keys
        transaction.set_rollback(True)
    assert made.public_id not in _look_up(made).keys


def test_so_many_are_remembered_and_no_more(secret: KeySecret, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MOST_REMEMBERED", 2)
    another = SecretFactory()
    _look_up(secret)
    assert another.public_id in _look_up(secret, another.public_id).keys
    assert another.public_id not in _look_up(secret).keys
