"""Each thing that can be pasted is recognized, alone and in the middle of a log."""

from typing import Any

import pytest
from django.utils import timezone

from keys.models import KeySecret, Refusal, SecretHour
from orgs.models import Organization
from tests.factories import GatewayFactory, OrganizationFactory, SecretFactory
from tests.lookup.conftest import Box, generation, titles

LOG = '2026-11-22T08:41:07Z level=INFO caller=203.0.113.250 said="{}" took=12ms\n'


def around(text: str) -> str:
    """The text in the middle of a log of a few thousand lines."""
    return LOG.format("nothing") * 2_000 + LOG.format(text) + LOG.format("nothing") * 2_000


@pytest.mark.parametrize("place", [str, around], ids=["alone", "in a log"])
def test_a_whole_key_is_found_by_its_digest(place: Any, box: Box, secret: KeySecret) -> None:
    answer = box.paste(place(secret.text))
    assert titles(answer)[0] == f"Secret {secret} of key render-farm-prod"
    assert answer.context["is_urgent"]
    assert "Report as leaked" in answer.text


@pytest.mark.parametrize("place", [str, around], ids=["alone", "in a log"])
def test_a_gateway_s_credential_is_found_by_its_digest(place: Any, box: Box) -> None:
    gateway = GatewayFactory(name="gw-lisbon")
    answer = box.paste(place(gateway.text))
    assert titles(answer)[0].endswith("of gateway credential gw-lisbon")


def test_another_secret_behind_a_known_prefix_proves_nothing(box: Box, secret: KeySecret) -> None:
    from keys import secrets

    body = f"axk_live_{secret.public_id}_{'0' * 32}"
    answer = box.paste(body + secrets.checksum(body))
    assert titles(answer) == [
        "1 credential that matches nothing here",
        f"Key prefix {secret} of key render-farm-prod",
    ]
    assert not answer.context["is_urgent"]


@pytest.mark.parametrize("place", [str, around], ids=["alone", "in a log"])
@pytest.mark.parametrize("form", ["axk_live_{}", "{}"], ids=["prefix", "public id"])
def test_a_key_prefix_is_found(form: str, place: Any, box: Box, secret: KeySecret) -> None:
    answer = box.paste(place(form.format(secret.public_id)))
    assert f"Key prefix {secret} of key render-farm-prod" in titles(answer)
    assert "A prefix is no secret" in answer.text


@pytest.mark.parametrize("place", [str, around], ids=["alone", "in a log"])
def test_a_public_id_of_letters_alone_is_found_too(place: Any, box: Box, her_organization: Organization) -> None:
    SecretFactory(key__organization=her_organization, key__name="comp-nodes", public_id="yLxRVMJFaAPc")
    assert "Key prefix axk_live_yLxRVMJFaAPc of key comp-nodes" in titles(box.paste(place("yLxRVMJFaAPc")))


@pytest.mark.parametrize("place", [str, around], ids=["alone", "in a log"])
def test_ids_are_found(place: Any, box: Box, secret: KeySecret) -> None:
    gateway, organization = GatewayFactory(name="gw-lisbon"), secret.key.organization
    answer = box.paste(place(f"{secret.key.uid}, {organization.uid}/{gateway.uid}"))
    found = {"Key render-farm-prod", "Organization Halide & Sons", "Gateway credential gw-lisbon"}
    assert found <= set(titles(answer))


def test_a_slug_and_a_name_are_found(box: Box) -> None:
    OrganizationFactory(name="Palomar Post", slug="palomar")
    assert titles(box.paste("palomar")) == ["Organization Palomar Post"]
    assert titles(box.paste("Palomar P")) == ["Organization Palomar Post"]


@pytest.mark.parametrize("place", [str, around], ids=["alone", "in a log"])
@pytest.mark.parametrize(
    "field", ["request_id", "idempotency_key", "decision_id"], ids=["request id", "idempotency key", "decision id"]
)
def test_a_refused_call_is_found_by_any_of_its_ids(field: str, place: Any, box: Box, secret: KeySecret) -> None:
    ids = {
        "request_id": "01K9Z5N8XQ",
        "idempotency_key": "order-7781/1",
        "decision_id": "9b1f0c6e2a7d4f0d8a53c1e4b7f6a290",
    }
    Refusal.objects.create(
        **ids,
        at=timezone.now(),
        organization=secret.key.organization,
        key=secret.key,
        code="EXPIRED",
        api_version="v2",
    )
    assert titles(box.paste(place(ids[field]))) == ["Refused with EXPIRED"]


@pytest.mark.parametrize("place", [str, around], ids=["alone", "in a log"])
@pytest.mark.parametrize("address", ["198.51.100.23", "2001:db8:0:0::17"], ids=["IPv4", "IPv6"])
def test_an_address_says_which_keys_were_used_from_it(address: str, place: Any, box: Box, secret: KeySecret) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    SecretHour.objects.create(secret=secret, hour=hour, api_version="v2", address=address, admitted=12)
    answer = box.paste(place(address))
    assert [title.split(" ", 1)[1] for title in titles(answer)] == ["used key render-farm-prod"]
    assert (
        f"12 calls admitted and 0 refused in 30 days, last in the hour from {hour:%-d %b %Y, %H:%M} UTC" in answer.text
    )


def test_an_address_that_was_refused_alone_has_not_used_the_key(box: Box, secret: KeySecret) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    SecretHour.objects.create(secret=secret, hour=hour, api_version="v2", address="198.51.100.23", refused=3)
    answer = box.paste("198.51.100.23")
    assert titles(answer) == ["198.51.100.23 was refused with key render-farm-prod"]
    assert "0 calls admitted and 3 refused" in answer.text


@pytest.mark.parametrize("place", [str, around], ids=["alone", "in a log"])
@pytest.mark.parametrize("spelt", [str, lambda one: str(one).upper()], ids=["lower", "upper"])
def test_a_generation_is_found_by_the_id_that_the_customer_sees(
    spelt: Any, place: Any, box: Box, secret: KeySecret
) -> None:
    id = generation(secret)
    answer = box.paste(place(spelt(id)))
    assert titles(answer) == [f"Generation {id}"]
    assert "Succeeded, v2, 1 unit, 2K" in answer.text


def test_a_file_is_looked_at_as_a_text_is(box: Box, secret: KeySecret) -> None:
    assert titles(box.send(around(secret.text).encode()))[0].startswith(f"Secret {secret}")
    assert titles(box.send(b"\xff\xfe" + secret.text.encode("utf-16-le")))[0].startswith(f"Secret {secret}")
    assert titles(box.send(b"\x00\xff" + secret.text.encode() + b"\x00\x80"))[0].startswith(f"Secret {secret}")


def test_nothing_is_said_so(box: Box) -> None:
    assert "Nothing found" in box.paste("lorem ipsum 12:30:45 dolor").text
    assert "nothing to look up" in box.paste("  ").text


def test_many_secrets_of_one_file_are_each_found(box: Box) -> None:
    from tests.factories import SecretFactory

    texts = [SecretFactory().text for _ in range(3)]
    answer = box.send("\n".join([*texts, *texts]).encode())
    assert sum(title.startswith("Secret axk_live_") for title in titles(answer)) == 3
    assert answer.context["said"] == "3 secrets of ours that work"
