"""Who cancels a task gets to the page that it was opened from."""

from typing import Any

import pytest
from django.urls import reverse

from orgs.models import Organization, Staff
from tests.factories import ContactFactory, GatewayFactory, LeakFactory, SecretFactory


@pytest.mark.parametrize(
    ("task", "page"),
    [
        ("keys:revoke", "keys:detail"),
        ("keys:rotate", "keys:detail"),
        ("keys:schedule_rotation", "keys:rotation"),
        ("keys:end_old_secret", "keys:rotation"),
    ],
)
def test_of_a_key(task: str, page: str, administrator: Staff, browser_of: Any) -> None:
    old = SecretFactory(state="overlap")
    SecretFactory(key=old.key)
    _leads(browser_of(administrator), reverse(task, args=[old.key.uid]), reverse(page, args=[old.key.uid]))


def test_of_an_organization(administrator: Staff, her_organization: Organization, browser_of: Any) -> None:
    client, uid = browser_of(administrator), her_organization.uid
    contact = ContactFactory(organization=her_organization)
    _leads(client, reverse("orgs:suspend", args=[uid]), reverse("orgs:detail", args=[uid]))
    _leads(client, reverse("keys:issue", args=[uid]), reverse("keys:for_org", args=[uid]))
    _leads(client, reverse("orgs:remove_contact", args=[uid, contact.pk]), reverse("orgs:contacts", args=[uid]))


def test_of_a_gateway_and_of_a_leak(administrator: Staff, browser_of: Any) -> None:
    client, gateway, leak = browser_of(administrator), GatewayFactory().uid, LeakFactory().uid
    _leads(client, reverse("keys:revoke_gateway", args=[gateway]), reverse("keys:gateway", args=[gateway]))
    _leads(client, reverse("keys:close_leak", args=[leak]), reverse("keys:leak", args=[leak]))


def _leads(client: Any, task: str, page: str) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.get(task, headers=headers)
        assert answer.status_code == 200
        assert f'href="{page}" data-close' in answer.text
