"""ORG_SUSPENDED."""

import pytest

from tests.factories import SecretFactory
from tests.gateway.conftest import Gateway


@pytest.mark.parametrize("status", ["suspended", "draft"])
def test_a_customer_that_is_not_active_is_refused(calling: Gateway, status: str) -> None:
    # A draft can hold no key; were one to appear, it would not open anything.
    answer = calling.validate(SecretFactory(key__organization__status=status))
    assert (answer["code"], answer["http_status"], answer["cause"]) == ("ORG_SUSPENDED", 403, "policy")
    assert answer["organization"]["status"] == status
