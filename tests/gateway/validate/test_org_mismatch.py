"""ORG_MISMATCH: the caller may have named anything at all."""

import pytest

from keys.models import KeySecret
from tests.factories import OrganizationFactory
from tests.gateway.conftest import Gateway

NAMES = ["", " ", "org_", "nobody", "acme\0", "a\nb", "ORG", "x" * 10_000, "órg", "' OR 1=1 --"]


@pytest.mark.parametrize("named", NAMES)
def test_any_text_but_the_keys_own_organization_is_a_mismatch(calling: Gateway, secret: KeySecret, named: str) -> None:
    answer = calling.validate(secret, organization=named)
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("ORG_MISMATCH", 403, "policy")


def test_another_organizations_id_is_a_mismatch(calling: Gateway, secret: KeySecret) -> None:
    answer = calling.validate(secret, organization=OrganizationFactory().uid)
    assert answer["code"] == "ORG_MISMATCH"
    # The gateway is told whose key it is; its caller reads the message alone.
    assert answer["organization"]["id"] == secret.key.organization.uid
    assert secret.key.organization.uid not in answer["message"]


def test_the_id_in_other_letters_or_with_blanks_is_a_mismatch(calling: Gateway, secret: KeySecret) -> None:
    uid = secret.key.organization.uid
    named = [uid.upper(), f" {uid}", f"{uid}\n", secret.key.organization.slug]
    assert {calling.validate(secret, organization=one)["code"] for one in named} == {"ORG_MISMATCH"}
