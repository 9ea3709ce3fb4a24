from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from keys import secrets
from keys.models import ApiKey, KeySecret
from tests.factories import KeyFactory, OrganizationFactory

FORM = {"name": "render-farm", "environment": "live", "api_versions": ["v1", "v2"], "expires": "90"}


def _issue(client: Any, organization: Any, **fields: Any) -> Any:
    return client.post(f"/orgs/{organization.uid}/keys/new/", {**FORM, **fields})


@pytest.fixture
def client(key_admin: Any, browser_of: Any) -> Any:
    return browser_of(key_admin, proven=True)


def test_the_secret_stands_in_the_answer_and_nowhere_else(client: Any, db: None) -> None:
    organization = OrganizationFactory()
    answer = _issue(client, organization)
    text = answer.context["credential"]
    assert secrets.parse(text) is not None
    assert answer["Cache-Control"] == "no-store"
    assert answer.text.count(text) == 1
    key = organization.keys.get()
    assert text not in client.get(f"/keys/{key.uid}/").text
    assert text not in str([list(Event.objects.values()), list(KeySecret.objects.values()), dict(client.session)])


def test_what_is_stored_opens_to_the_digest_of_the_credential(client: Any, settings: Any, db: None) -> None:
    organization = OrganizationFactory()
    text = _issue(client, organization).context["credential"]
    stored = KeySecret.objects.get()
    opened = secrets.unseal(
        bytes(stored.digest), ring_id=stored.ring_id, public_id=stored.public_id, ring=settings.FIELD_KEYS
    )
    assert opened == secrets.digest(text)
    assert (stored.public_id, stored.last_four) == (text.split("_")[2], text[-4:])


@pytest.mark.parametrize("status", ["draft", "closed"])
def test_an_organization_that_cannot_hold_keys_gets_none(status: str, client: Any, db: None) -> None:
    organization = OrganizationFactory(status=status)
    answer = _issue(client, organization)
    assert answer.status_code == 422
    assert "can hold no key" in answer.text
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "a\x00b"}, "Null characters"),
        ({"environment": "production"}, "Select a valid choice"),
        ({"api_versions": []}, "This field is required."),
        ({"api_versions": ["v3"]}, "Select a valid choice"),
        ({"expires": "730"}, "Select a valid choice"),
        ({"expires": "day"}, "Choose the day."),
        ({"expires": "day", "expires_on": "2020-01-01"}, "The time is in the past."),
        ({"expires": "day", "expires_on": "2099-01-01"}, "allows a key at most 365 days"),
        ({"expires": "never"}, "Select a valid choice"),
        ({"expires": "day", "expires_on": "9999-12-31"}, "Ensure this value is less than or equal to"),
        ({"purpose": "axk_live_MOI3FOsijrnN_ew1Rbc2RzA1XUPRPGlmUVtRumCBghD6z0oQ11H"}, "holds a whole key"),
        ({"ticket": "x" * 65}, "at most 64"),
        ({"reason": "it is axk_live_MOI3FOsijrnN_ew1Rbc2RzA1XUPRPGlmUVtRumCBghD6z0oQ11H"}, "holds a whole key"),
    ],
)
def test_bad_input_is_said_and_issues_nothing(fields: dict[str, Any], said: str, client: Any, db: None) -> None:
    answer = _issue(client, OrganizationFactory(), **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert not ApiKey.objects.exists()


def test_the_same_form_sent_twice_issues_once(client: Any, db: None) -> None:
    organization = OrganizationFactory()
    assert _issue(client, organization).status_code == 200
    assert _issue(client, organization).status_code == 422
    assert organization.keys.count() == 1


def test_what_is_wrong_with_the_day_stands_beside_the_day(client: Any, db: None) -> None:
    answer = _issue(client, OrganizationFactory(), expires="day", expires_on="2020-01-01")
    assert answer.context["form"].errors["expires_on"] == ["The time is in the past."]


def test_a_name_in_use_is_said_beside_the_name(client: Any, db: None) -> None:
    organization = OrganizationFactory(name="Halide")
    KeyFactory(organization=organization, name=FORM["name"])
    errors = _issue(client, organization).context["form"].errors
    assert errors["name"] == ["Halide has a live key of this name already."]


def test_an_answer_goes_where_the_question_came_from(client: Any, db: None) -> None:
    path = f"/orgs/{OrganizationFactory().uid}/keys/new/"
    assert 'hx-target="#dialog"' not in client.get(path).text.split("<main")[1]
    assert 'hx-target="#dialog"' in client.get(path, headers={"HX-Request": "true"}).text


def test_a_name_is_free_again_after_the_key_was_revoked(client: Any, db: None) -> None:
    organization = OrganizationFactory()
    KeyFactory(organization=organization, name=FORM["name"], state="revoked")
    assert _issue(client, organization).status_code == 200


def test_the_expiry_is_the_one_that_was_chosen(client: Any, db: None) -> None:
    organization = OrganizationFactory()
    _issue(client, organization, expires="30")
    left = organization.keys.get().expires_at - timezone.now()
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)


def test_the_dialog_and_the_page_are_one_address(client: Any, db: None) -> None:
    path = f"/orgs/{OrganizationFactory().uid}/keys/new/"
    page, body = client.get(path).text, client.get(path, headers={"HX-Request": "true"}).text
    assert "<html" in page
    assert "<html" not in body
    assert 'name="api_versions"' in page
    assert 'name="api_versions"' in body


def test_loading_the_answer_again_says_that_the_key_was_issued(
    client: Any, administrator: Any, browser_of: Any, db: None
) -> None:
    organization = OrganizationFactory()
    _issue(client, organization)
    again = _issue(client, organization)
    assert again.status_code == 422
    assert "You issued a key of this name just now; its secret is not shown again." in again.text
    assert "has a live key of this name already" in _issue(browser_of(administrator, proven=True), organization).text
    assert organization.keys.count() == 1


def test_what_is_wrong_is_said_all_at_once_and_the_fold_stands_open(client: Any, db: None) -> None:
    wrong = {"allowed_cidrs": "10.0.0.0/8\nhere, there", "handover": "link", "api_versions": []}
    answer = _issue(client, OrganizationFactory(), **wrong)
    assert set(answer.context["form"].errors) == {"api_versions", "allowed_cidrs", "recipient"}
    assert [text in answer.text for text in ("“here” is not", "“there” is not")] == [True, True]
    assert '<details class="fold" open>' in answer.text


def test_the_fold_stands_open_where_it_holds_a_value(client: Any, db: None) -> None:
    fold = '<details class="fold" open>'
    assert fold in _issue(client, OrganizationFactory(), name="", allowed_cidrs="10.0.0.0/8").text
    assert fold not in _issue(client, OrganizationFactory(), name="").text
