"""A generation nested beyond reason is refused and kept like any other, and the others of its batch are counted."""

import json

import pytest

from audit import uuid7
from keys.models import KeySecret
from metering import ledger, rejects
from metering.models import RejectedGeneration
from metering.nesting import DEEPEST, NOT_KEPT, is_too_deep, shallow
from tests.gateway.conftest import Gateway
from tests.gateway.generations.conftest import generation, stored


def _nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def _batch(good: dict[str, object], field: str, levels: int) -> bytes:
    bad = b'{"generation_id": "' + str(uuid7.make()).encode() + b'", "%s": %s}' % (field.encode(), _nested(levels))
    return b'{"source": "gw", "generations": [%s, %s]}' % (json.dumps(good).encode(), bad)


@pytest.mark.parametrize("levels", [DEEPEST, 300, 900, 1_000, 1_020])
@pytest.mark.parametrize(("field", "named"), [("stages", ["stages"]), ("unheard_of", [])])
def test_it_is_an_invalid_field_and_the_others_are_counted(
    calling: Gateway, secret: KeySecret, levels: int, field: str, named: list[str]
) -> None:
    body = _batch(generation(secret), field, levels)
    for status in ("accepted", "duplicate"):
        response = calling.post("generations", body)
        assert response.status_code == 200
        good, bad = response.json()["results"]
        assert good["status"] == status
        assert (bad["status"], bad["code"], bad["fields"]) == ("rejected", "invalid_field", named)
    kept = RejectedGeneration.objects.get()
    assert (kept.seen, kept.generation_id) == (2, bad["generation_id"])
    assert json.loads(kept.raw) == {"generation_id": bad["generation_id"], field: NOT_KEPT}


def test_an_item_that_is_a_deep_list_is_kept_in_words(calling: Gateway, secret: KeySecret) -> None:
    body = b'{"source": "gw", "generations": [%s]}' % _nested(1_000)
    assert calling.post("generations", body).json()["results"][0]["code"] == "invalid_field"
    assert json.loads(RejectedGeneration.objects.get().raw) == NOT_KEPT


def test_a_body_nested_beyond_reading_stores_nothing(calling: Gateway, secret: KeySecret) -> None:
    assert calling.post("generations", _batch(generation(secret), "stages", 5_000)).status_code == 400
    assert stored() == (0, 0)


@pytest.mark.parametrize("nested", [json.loads(_nested(DEEPEST)), {"a": json.loads(_nested(DEEPEST - 1))}, 5, [], {}])
def test_as_deep_as_may_be_is_kept_whole(nested: object) -> None:
    assert not is_too_deep(nested)
    assert shallow(nested) is nested
    assert is_too_deep([[nested]]) is (nested not in (5, [], {}))


def test_what_cannot_be_written_down_stops_the_batch_before_it_counts(
    calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejects, "write_down", _overflow)
    assert calling.post("generations", {"source": "gw", "generations": [generation(secret)]}).status_code == 500
    assert stored() == (0, 0)


def test_what_fails_after_the_batch_was_counted_is_no_fault_of_the_caller(
    calling: Gateway, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = {"source": "gw", "generations": [generation(secret)]}
    with monkeypatch.context() as patched:
        patched.setattr(ledger.rejects, "keep", _overflow)
        assert calling.post("generations", batch).status_code == 500
    assert calling.post("generations", batch).json()["results"][0]["status"] == "duplicate"


def _overflow(*args: object, **options: object) -> None:
    raise RecursionError
