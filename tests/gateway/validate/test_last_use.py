"""What a validate call leaves behind of who called."""

import pytest
from django.utils import timezone

from keys import tasks
from keys.models import GatewayUse, KeySecret, SecretUse
from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway

CALLER = {"client_ip": "::ffff:203.0.113.7", "user_agent": "python-requests/2.32"}


def test_an_admission_is_a_use_of_its_secret(calling: Gateway, secret: KeySecret) -> None:
    before = timezone.now()
    calling.validate(secret, **CALLER)
    tasks.flush_uses()
    use = SecretUse.objects.get()
    assert use.secret == secret
    assert (use.address, use.user_agent, use.api_version) == ("203.0.113.7", "python-requests/2.32", "v2")
    assert before <= use.first_used_at == use.last_used_at <= timezone.now()


def test_old_and_new_secret_of_a_rotation_are_told_apart(calling: Gateway, secret: KeySecret) -> None:
    old = SecretFactory(key=secret.key, state="overlap")
    calling.validate(old, client_ip="203.0.113.1")
    calling.validate(secret, client_ip="203.0.113.2")
    tasks.flush_uses()
    assert dict(SecretUse.objects.values_list("secret_id", "address")) == {
        old.pk: "203.0.113.1",
        secret.pk: "203.0.113.2",
    }


def test_to_ask_who_it_is_uses_it_too(calling: Gateway, secret: KeySecret) -> None:
    calling.validate(secret, admit=False)
    tasks.flush_uses()
    assert SecretUse.objects.filter(secret=secret).exists()


def test_a_very_long_agent_is_cut(calling: Gateway, secret: KeySecret) -> None:
    calling.validate(secret, user_agent="x" * 5_000)
    tasks.flush_uses()
    assert SecretUse.objects.get().user_agent == "x" * 200


@pytest.mark.parametrize("fields", [{"key__state": "revoked"}, {"key__organization__status": "suspended"}])
def test_a_refusal_is_no_use(calling: Gateway, fields: dict[str, str]) -> None:
    calling.validate(SecretFactory(**fields), **CALLER)
    tasks.flush_uses()
    assert not SecretUse.objects.exists()


def test_the_gateways_own_credential_has_a_last_use(calling: Gateway, secret: KeySecret) -> None:
    calling.validate(secret)
    tasks.flush_uses()
    assert GatewayUse.objects.get().credential == calling.row
