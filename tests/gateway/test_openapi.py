"""The OpenAPI document says what the contract says."""

from typing import Any

import pytest
from django.test import Client

from axis_admin.gateway import documents
from axis_admin.gateway.serializers.changes import ChangesAnswerSerializer
from axis_admin.gateway.serializers.control_totals import ControlTotalsAnswerSerializer
from axis_admin.gateway.serializers.generations import GenerationsAnswerSerializer
from axis_admin.gateway.serializers.leaks import LeaksAnswerSerializer
from axis_admin.gateway.serializers.validate import ValidateAnswerSerializer
from keys.gateways import Scope
from keys.verdicts import MEANINGS
from tests.gateway import contract

Schema = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Schema:
    response = Client().get("/gateway/v1/openapi.json")
    assert response["Content-Type"] == "application/json"
    read: Schema = response.json()
    return read


def resolved(document: Schema, schema: Schema) -> Schema:
    """Follow references, also where null is allowed beside one."""
    while "$ref" in schema or "allOf" in schema or "oneOf" in schema:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        else:
            inner = schema.get("allOf") or schema["oneOf"]
            schema = (
                {"enum": [word for one in inner for word in resolved(document, one).get("enum", [])]}
                if len(inner) > 1
                else inner[0]
            )
    return schema


def body(document: Schema, path: str, status: str = "", kind: str = "application/json") -> Schema:
    operation = document["paths"][path][dict(contract.ENDPOINTS)[path]]
    holder = operation["responses"][status] if status else operation["requestBody"]
    return resolved(document, holder["content"][kind]["schema"])


def enum(document: Schema, schema: Schema, name: str) -> list[str]:
    return [word for word in resolved(document, schema["properties"][name])["enum"] if word is not None]


def assert_shape(document: Schema, schema: Schema, example: Any) -> None:
    """The example's fields are the schema's, level by level, and all of them are always there."""
    schema = resolved(document, schema)
    if isinstance(example, list):
        for one in example:
            assert_shape(document, schema["items"], one)
    elif isinstance(example, dict) and "additionalProperties" not in schema:
        assert list(schema["properties"]) == list(example)
        assert schema["required"] == sorted(example)
        for name, value in example.items():
            assert_shape(document, schema["properties"][name], value)


def test_it_knows_the_contracts_paths_and_no_others(document: Schema) -> None:
    found = [(path, method) for path, methods in document["paths"].items() for method in methods]
    assert sorted(found) == sorted(contract.ENDPOINTS)


def test_the_validate_request_has_the_contracts_fields(document: Schema) -> None:
    schema = body(document, "/gateway/v1/keys/validate")
    assert list(schema["properties"]) == contract.VALIDATE_REQUIRED + contract.VALIDATE_OPTIONAL
    assert schema["required"] == sorted(contract.VALIDATE_REQUIRED)
    assert enum(document, schema, "api_version") == ["v1", "v2"]
    assert schema["properties"]["request_id"]["maxLength"] == 128
    assert (schema["properties"]["units"]["minimum"], schema["properties"]["units"]["maximum"]) == (1, 1000)


def test_the_validate_answer_has_the_contracts_fields(document: Schema) -> None:
    schema = body(document, "/gateway/v1/keys/validate", "200")
    assert_shape(document, schema, contract.VALIDATE_ANSWER)
    assert enum(document, schema, "code") == list(contract.CODES)
    assert enum(document, schema, "service_tier") == contract.TIERS
    assert enum(document, schema, "cause") == contract.CAUSES
    assert enum(document, schema, "http_status") == [200, 401, 403, 429, 503]


def test_every_code_means_what_the_contract_says() -> None:
    meanings = {code.value: (meaning.http_status, meaning.cause) for code, meaning in MEANINGS.items()}
    assert list(meanings.items()) == list(contract.CODES.items())


def test_the_generations_request_has_the_contracts_fields(document: Schema) -> None:
    schema = body(document, "/gateway/v1/generations")
    assert list(schema["properties"]) == ["source", "generations"]
    assert schema["required"] == ["generations", "source"]
    batch = schema["properties"]["generations"]
    assert (batch["minItems"], batch["maxItems"]) == (1, 1000)
    item = resolved(document, batch["items"])
    assert list(item["properties"]) == contract.GENERATION_REQUIRED + contract.GENERATION_OPTIONAL
    assert item["required"] == sorted(contract.GENERATION_REQUIRED)
    assert enum(document, item, "failure_cause") == contract.FAILURE_CAUSES
    assert enum(document, item, "service_tier") == contract.TIERS


def test_the_generations_answer_has_the_contracts_fields(document: Schema) -> None:
    schema = body(document, "/gateway/v1/generations", "200")
    assert_shape(document, schema, contract.GENERATIONS_ANSWER)
    result = resolved(document, resolved(document, schema)["properties"]["results"]["items"])
    assert enum(document, result, "status") == contract.STATUSES
    assert enum(document, result, "code") == contract.GENERATION_CODES


def test_the_changes_query_has_the_contracts_fields(document: Schema) -> None:
    asked = {one["name"]: one for one in document["paths"]["/gateway/v1/changes"]["get"]["parameters"]}
    assert sorted(asked) == contract.CHANGES_QUERY
    assert not any(one.get("required") for one in asked.values())
    limit = asked["limit"]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 1000, 500)


def test_the_changes_answer_has_the_contracts_fields(document: Schema) -> None:
    schema = body(document, "/gateway/v1/changes", "200")
    assert_shape(document, schema, contract.CHANGES_ANSWER)
    change = resolved(document, schema["properties"]["changes"]["items"])
    assert enum(document, change, "kind") == contract.CHANGE_KINDS


def test_the_leaks_request_and_answer_have_the_contracts_fields(document: Schema) -> None:
    asked = body(document, "/gateway/v1/leaks")
    assert list(asked["properties"]) == contract.LEAKS_REQUEST
    assert asked["required"] == ["source", "text"]
    schema = body(document, "/gateway/v1/leaks", "200")
    assert_shape(document, schema, contract.LEAKS_ANSWER)
    result = resolved(document, schema["properties"]["results"]["items"])
    assert enum(document, result, "status") == contract.LEAK_STATUSES


def test_the_control_totals_request_and_answer_have_the_contracts_fields(document: Schema) -> None:
    asked = body(document, "/gateway/v1/control-totals")
    assert list(asked["properties"]) == contract.CONTROL_TOTALS_REQUEST
    assert asked["required"] == sorted(contract.CONTROL_TOTALS_REQUEST)
    assert asked["properties"]["totals"]["maxItems"] == 1000
    total = resolved(document, asked["properties"]["totals"]["items"])
    assert list(total["properties"]) == contract.CONTROL_TOTAL
    assert total["required"] == sorted(contract.CONTROL_TOTAL)
    answer = body(document, "/gateway/v1/control-totals", "200")
    assert_shape(document, answer, contract.CONTROL_TOTALS_ANSWER)


@pytest.mark.parametrize("path", [path for path, _ in contract.ENDPOINTS])
@pytest.mark.parametrize("status", ["400", "401", "403", "413", "415", "429", "500", "503"])
def test_every_error_is_a_problem_document(document: Schema, path: str, status: str) -> None:
    method = dict(contract.ENDPOINTS)[path]
    if path in contract.BODILESS and status in ("413", "415"):
        # Nothing is sent that could be too large or of another type.
        assert status not in document["paths"][path][method]["responses"]
        return
    schema = body(document, path, status, "application/problem+json")
    assert list(schema["properties"]) == contract.PROBLEM_FIELDS


def test_a_feed_that_begins_later_is_a_problem_document(document: Schema) -> None:
    schema = body(document, "/gateway/v1/changes", "410", "application/problem+json")
    assert list(schema["properties"]) == contract.PROBLEM_FIELDS


def test_the_answer_to_a_renewal_has_the_contracts_fields(document: Schema) -> None:
    assert_shape(document, body(document, "/gateway/v1/leases/{id}/renew", "200"), contract.RENEWED_ANSWER)


@pytest.mark.parametrize(("path", "status"), [("renew", "404"), ("renew", "410"), ("", "404")])
def test_a_lease_that_cannot_be_renewed_or_released_is_a_problem_document(
    document: Schema, path: str, status: str
) -> None:
    whole = "/gateway/v1/leases/{id}" + (path and f"/{path}")
    assert list(body(document, whole, status, "application/problem+json")["properties"]) == contract.PROBLEM_FIELDS


def test_a_release_is_answered_without_a_body(document: Schema) -> None:
    operation = document["paths"]["/gateway/v1/leases/{id}"]["delete"]
    assert "content" not in operation["responses"]["204"]
    assert "200" not in operation["responses"]


def test_the_credential_is_a_bearer(document: Schema) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {(one["type"], one["scheme"]) for one in schemes.values()} == {("http", "bearer")}
    for path, method in contract.ENDPOINTS:
        assert document["paths"][path][method]["security"] == [{name: []} for name in schemes]


def test_the_contracts_own_examples_are_answers() -> None:
    for serializer, example in (
        (ValidateAnswerSerializer, contract.VALIDATE_ANSWER),
        (GenerationsAnswerSerializer, contract.GENERATIONS_ANSWER),
        (ChangesAnswerSerializer, contract.CHANGES_ANSWER),
        (LeaksAnswerSerializer, contract.LEAKS_ANSWER),
        (ControlTotalsAnswerSerializer, contract.CONTROL_TOTALS_ANSWER),
    ):
        checked = serializer(data=example)
        assert checked.is_valid(), checked.errors


def test_the_scopes_are_the_contracts() -> None:
    assert Scope.values == ["keys:validate", "usage:write", "changes:read", "leaks:report"]


def test_it_says_what_it_is_about(document: Schema) -> None:
    told = document["info"]["description"]
    for word in ("keys/validate", "POST generations", "GET changes", "Bearer axg_", "docs/gateway.md"):
        assert word in told


def test_every_closed_list_has_a_name_of_its_own(document: Schema) -> None:
    lists = {name for name, schema in document["components"]["schemas"].items() if "enum" in schema}
    assert lists == set(documents.ENUMS)


def test_a_list_that_may_be_null_says_so(document: Schema) -> None:
    cause = body(document, "/gateway/v1/keys/validate", "200")["properties"]["cause"]
    assert cause["nullable"] is True
    assert resolved(document, cause)["enum"] == contract.CAUSES
