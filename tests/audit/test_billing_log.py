"""What billing finds in the log: what was done to bills, and nothing else."""

from typing import Any

import pytest

from audit.models import Event
from tests import adjustments
from tests.audit.test_roles import _verbs, done
from tests.factories import RoleAssignmentFactory

__all__ = ["done"]

BILLS = {("adjustment.asked", "Kestrel VFX"), ("adjustment.asked", "Halide & Sons")}


@pytest.fixture
def asked(done: None, her_organization: Any, other_organization: Any) -> None:
    """Besides what was done to keys, somebody has asked for adjustments of both organizations."""
    for organization in (her_organization, other_organization):
        adjustments.a_request(organization)


def test_billing_finds_what_was_done_to_bills(asked: None, billing: Any, browser_of: Any) -> None:
    assert Event.objects.filter(verb="key.revoked").count() == 2
    assert _verbs(browser_of(billing)) == BILLS


def test_a_key_admin_does_not_find_bills(asked: None, key_admin: Any, browser_of: Any) -> None:
    assert {verb for verb, _ in _verbs(browser_of(key_admin))} == {"key.revoked"}


def test_billing_that_is_key_admin_of_one_finds_the_keys_of_that_one(
    asked: None, billing: Any, her_organization: Any, browser_of: Any
) -> None:
    RoleAssignmentFactory(user=billing, role="key_admin", organization=her_organization)
    client = browser_of(billing)
    assert _verbs(client) == {*BILLS, ("key.revoked", "Halide & Sons")}
    assert "Dana Test" in client.get("/audit/").text
