"""What may not stand in a name, through whatever door it comes."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from keys import actions as keys
from orgs import actions, texts
from tests.cast import ACTOR
from tests.factories import OrganizationFactory, PlanVersionFactory, SecretFactory

KEY = "axk_live_MOI3FOsijrnN_ew1Rbc2RzA1XUPRPGlmUVtRumCBghD6z0oQ11H"
UNFIT = ["a\nb", "a\x00b", "a\x85b", "a\u061cb", "a\u2028b", "a\u202eb", "\x1b[31m", f"it is {KEY}"]


@pytest.mark.parametrize("text", UNFIT)
def test_a_name_is_one_plain_line_without_a_key(text: str) -> None:
    with pytest.raises(ValidationError):
        texts.one_line(text)


@pytest.mark.parametrize("text", ["", "Halide & Sons", "Łódź Film, 映画", "first\nsecond\tthird\r\nfourth"])
def test_notes_may_have_lines(text: str) -> None:
    texts.several_lines(text)


@pytest.mark.parametrize("text", ["a\u2028b", "\x1b[31m", f"one\n{KEY}"])
def test_notes_hold_no_escapes_and_no_key(text: str) -> None:
    with pytest.raises(ValidationError):
        texts.several_lines(text)


@pytest.mark.parametrize("name", ["   ", *UNFIT])
def test_the_actions_refuse_it_too(name: str, db: None) -> None:
    PlanVersionFactory()
    with pytest.raises(ValidationError):
        actions.create_organization(actor=ACTOR, name=name)
    with pytest.raises(ValidationError):
        keys.create_gateway(actor=ACTOR, name=name)


@pytest.mark.parametrize("name", UNFIT)
def test_so_is_a_contacts_name(name: str, db: None) -> None:
    organization = OrganizationFactory()
    with pytest.raises(ValidationError):
        actions.add_contact(organization=organization, actor=ACTOR, kind="billing", email="a@b.example", name=name)


@pytest.mark.parametrize("path", ["/orgs/", "/keys/"])
def test_a_whole_key_does_not_stay_in_the_address(path: str, viewer: Any, browser_of: Any) -> None:
    secret = SecretFactory()
    answer = browser_of(viewer).get(path, {"q": secret.text})
    assert answer.status_code == 302
    assert secret.text[-38:] not in answer["Location"]
    assert secret.public_id in answer["Location"]


def test_a_search_for_a_prefix_as_it_is_shown_finds_the_key(viewer: Any, browser_of: Any) -> None:
    secret = SecretFactory(key__name="render-farm")
    assert "render-farm" in browser_of(viewer).get("/keys/", {"q": f"axk_live_{secret.public_id}"}).text


def test_an_unknown_state_shows_no_key(viewer: Any, browser_of: Any) -> None:
    SecretFactory(key__name="render-farm")
    assert "render-farm" not in browser_of(viewer).get("/keys/", {"state": "bogus"}).text
