"""Text from outside: what could lie about itself is refused, and what holds a credential is not kept as it came."""

import json
from typing import Any

import pytest

from keys.models import KeySecret
from metering.models import Generation, RejectedGeneration
from tests.gateway.conftest import Gateway
from tests.gateway.generations.conftest import Report, generation, stored

UNFIT = ["\n", "\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\u061c"]
TEXTS = ("resolution", "aspect_ratio", "request_id", "idempotency_key", "lease", "organization", "key", "generation_id")


@pytest.mark.parametrize("character", UNFIT, ids=ascii)
@pytest.mark.parametrize("field", TEXTS)
def test_a_character_that_is_unfit_is_an_invalid_field(
    report: Report, secret: KeySecret, field: str, character: str
) -> None:
    (result,) = report(generation(secret, **{field: f"2{character}K"}))
    assert (result["code"], result["fields"]) == ("invalid_field", [field])
    assert stored() == (0, 1)


def test_text_of_any_language_is_kept(report: Report, secret: KeySecret) -> None:
    report(generation(secret, idempotency_key="bildnr. ünïcödé 映画 🎬"))
    assert Generation.objects.get().idempotency_key == "bildnr. ünïcödé 映画 🎬"


@pytest.mark.parametrize("field", ["request_id", "idempotency_key"])
def test_a_credential_is_masked_and_its_generation_is_counted(report: Report, secret: KeySecret, field: str) -> None:
    text: str = secret.text  # type: ignore[attr-defined]
    (result,) = report(generation(secret, **{field: f"retry of {text}"}))
    assert result["status"] == "accepted"
    kept = getattr(Generation.objects.get(), field)
    assert text not in kept
    assert kept == f"retry of axk_live_{secret.public_id}_…"


@pytest.mark.parametrize("character", [*UNFIT, "\0", "\ud800"], ids=ascii)
def test_a_source_with_an_unfit_character_is_a_400(calling: Gateway, secret: KeySecret, character: str) -> None:
    _assert_refused(calling, secret, f"gw{character}1")


def test_a_source_that_is_a_credential_is_a_400_that_does_not_repeat_it(calling: Gateway, secret: KeySecret) -> None:
    _assert_refused(calling, secret, calling.text)


def _assert_refused(calling: Gateway, secret: KeySecret, source: str) -> None:
    response = calling.post("generations", {"source": source, "generations": [generation(secret)]})
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["source"]
    assert source not in response.content.decode()
    assert stored() == (0, 0)


def test_a_field_whose_name_is_no_text_is_ignored(calling: Gateway, secret: KeySecret) -> None:
    batch: dict[str, Any] = {"source": "gw", "generations": [generation(secret, **{"\ud800": 1})], "\udfff": 1}
    assert calling.post("generations", batch).json()["results"][0]["status"] == "accepted"


def test_a_reject_whose_field_has_no_text_for_a_name_is_kept(report: Report, secret: KeySecret) -> None:
    report(generation(secret, **{"units": 0, "\ud800": 1}))
    assert json.loads(RejectedGeneration.objects.get().raw)["\ud800"] == 1


@pytest.mark.parametrize("query", ["dry_run=true&dry_run=false", "dry_run=false&dry_run=true", "dry_run=false&dry_run"])
def test_a_contradicted_dry_run_stores_nothing(calling: Gateway, secret: KeySecret, query: str) -> None:
    response = calling.post(f"generations?{query}", {"source": "gw", "generations": [generation(secret)]})
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["dry_run"]
    assert stored() == (0, 0)
