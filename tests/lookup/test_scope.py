"""What somebody may not see is not found; the answer is the one for what does not exist."""

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from keys import secrets
from keys.models import KeySecret
from tests.factories import GatewayFactory, LeakFactory, RefusalFactory, SecretHourFactory
from tests.lookup.conftest import Box, titles


def answered(answer: HttpResponse) -> str:
    """The answer without what differs from one request to the next."""
    start = answer.text.index('id="found"')
    return re.sub(r"axk_\w+", "", answer.text[start : answer.text.index("</section>", start)])


def test_a_foreign_key_is_answered_as_one_that_nobody_has(her_box: Box, foreign: KeySecret) -> None:
    nobodys = secrets.make_credential("live").text
    assert answered(her_box.paste(foreign.text)) == answered(her_box.paste(nobodys))
    assert titles(her_box.paste(foreign.text)) == ["1 credential that matches nothing here"]


@pytest.mark.parametrize("what", ["prefix", "public id", "key", "organization", "slug", "name", "leak"])
def test_a_foreign_object_is_not_found(what: str, her_box: Box, box: Box, foreign: KeySecret) -> None:
    leak = LeakFactory(secret=foreign)
    text = {
        "prefix": str(foreign),
        "public id": foreign.public_id,
        "key": foreign.key.uid,
        "organization": foreign.key.organization.uid,
        "slug": "kestrel",
        "name": "comp-nodes",
        "leak": leak.uid,
    }[what]
    assert titles(box.paste(text))
    assert titles(her_box.paste(text)) == []


def test_a_foreign_call_is_not_found(her_box: Box, box: Box, foreign: KeySecret) -> None:
    RefusalFactory(key=foreign.key, request_id="01K9Z5N8XQ")
    SecretHourFactory(secret=foreign, address="198.51.100.23")
    for text in ("01K9Z5N8XQ", "198.51.100.23"):
        assert titles(box.paste(text))
        assert titles(her_box.paste(text)) == []


def test_an_address_tells_of_one_s_own_keys_alone(her_box: Box, secret: KeySecret, foreign: KeySecret) -> None:
    for one in (secret, foreign):
        SecretHourFactory(secret=one, address="198.51.100.23")
    assert titles(her_box.paste("198.51.100.23")) == ["198.51.100.23 used key render-farm-prod"]


def test_a_gateway_s_credential_is_for_those_who_see_gateways(viewer: Any, her_box: Box, browser_of: Any) -> None:
    gateway = GatewayFactory()
    for box in (her_box, Box(browser_of(viewer))):
        assert titles(box.paste(gateway.text)) == ["1 credential that matches nothing here"]
        assert titles(box.paste(gateway.uid)) == []


def test_whoever_has_no_role_finds_nothing(stranger: Any, browser_of: Any, secret: KeySecret) -> None:
    SecretHourFactory(secret=secret, address="198.51.100.23", hour=timezone.now())
    box = Box(browser_of(stranger))
    for text in (secret.key.uid, str(secret), "render-farm", "198.51.100.23"):
        assert titles(box.paste(text)) == []


def test_nobody_unknown_looks_anything_up(client: Any, secret: KeySecret) -> None:
    answer = client.post("/lookup/", {"q": secret.text})
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/"
