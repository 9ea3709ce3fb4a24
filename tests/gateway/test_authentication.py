"""401 and 403: the gateway's own credential."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keys import secrets
from keys.models import KeySecret
from tests.factories import GatewaySecretFactory
from tests.gateway.conftest import Gateway, asked

pytestmark = pytest.mark.usefixtures("door")
ENDPOINTS = {"keys/validate": "keys:validate", "generations": "usage:write", "control-totals": "usage:write"}


def is_refused(response: HttpResponse) -> bool:
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["errors"] == []
    return response.status_code == 401 and response["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "axg_1"])
def test_without_a_bearer_it_is_a_401(calling: Gateway, path: str, header: str) -> None:
    response = calling.post(path, {}, headers={"Authorization": header})
    assert is_refused(response)
    assert "error=" not in response["WWW-Authenticate"]


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_credential_that_nobody_has_is_a_401(calling: Gateway, path: str) -> None:
    unknown = secrets.make_credential("gateway").text
    assert is_refused(calling.post(path, {}, credential=unknown))
    assert is_refused(calling.post(path, {}, credential="axg_nonsense"))
    assert is_refused(calling.post(path, {}, credential=calling.text[:-1]))


def test_a_wrong_secret_is_a_401_on_the_path_of_an_unknown_id(calling: Gateway) -> None:
    body = calling.text[:17] + secrets.make_credential("gateway").text[17:-6]
    wrong, unknown = body + secrets.checksum(body), secrets.make_credential("gateway").text
    answers, counts = [], []
    for credential in (wrong, unknown):
        with CaptureQueriesContext(connection) as captured:
            response = calling.post("keys/validate", {}, credential=credential)
        assert is_refused(response)
        answers.append(response.json())
        counts.append(len(captured))
    assert answers[0] == answers[1]
    assert counts == [1, 1]


def test_a_customers_key_is_no_gateways_credential(calling: Gateway, secret: KeySecret) -> None:
    assert is_refused(calling.post("keys/validate", asked(secret), credential=secret.text))


def test_a_revoked_credential_is_a_401(secret: KeySecret) -> None:
    gateway = Gateway(revoked_at=timezone.now())
    assert is_refused(gateway.post("keys/validate", asked(secret)))


def test_an_expired_credential_is_a_401(secret: KeySecret) -> None:
    now = timezone.now()
    assert is_refused(Gateway(expires_at=now).post("keys/validate", asked(secret)))
    later = Gateway(expires_at=now + timedelta(hours=1))
    assert later.post("keys/validate", asked(secret)).status_code == 200


def test_a_gateways_old_secret_works_until_its_overlap_ends(calling: Gateway, secret: KeySecret) -> None:
    now = timezone.now()
    old = GatewaySecretFactory(credential=calling.row, state="overlap", overlap_until=now + timedelta(hours=1))
    retired = GatewaySecretFactory(credential=calling.row, state="retired")
    assert calling.post("keys/validate", asked(secret), credential=old.text).status_code == 200
    assert is_refused(calling.post("keys/validate", asked(secret), credential=retired.text))


def test_a_gateways_old_secret_stops_by_the_clock(calling: Gateway, secret: KeySecret) -> None:
    old = GatewaySecretFactory(credential=calling.row, state="overlap", overlap_until=timezone.now())
    assert is_refused(calling.post("keys/validate", asked(secret), credential=old.text))


@pytest.mark.parametrize(("path", "scope"), ENDPOINTS.items())
def test_without_the_scope_it_is_a_403(db: None, path: str, scope: str) -> None:
    others = [one for one in ("keys:validate", "usage:write", "changes:read") if one != scope]
    response = Gateway(scopes=others).post(path, {})
    assert response.status_code == 403
    assert response["Content-Type"] == "application/problem+json"
    assert f'scope="{scope}"' in response["WWW-Authenticate"]


@pytest.mark.parametrize("address", ["198.51.100.7", "not an address", ""])
def test_from_an_address_outside_its_allow_list_it_is_a_403(secret: KeySecret, address: str) -> None:
    gateway = Gateway(allowed_cidrs=["203.0.113.0/24"])
    assert gateway.post("keys/validate", asked(secret), REMOTE_ADDR=address).status_code == 403
    assert gateway.post("keys/validate", asked(secret), REMOTE_ADDR="203.0.113.9").status_code == 200


def test_an_address_that_the_caller_claims_counts_for_nothing(secret: KeySecret) -> None:
    gateway = Gateway(allowed_cidrs=["203.0.113.0/24"])
    claim = {"X-Forwarded-For": "203.0.113.9"}
    assert gateway.post("keys/validate", asked(secret), REMOTE_ADDR="198.51.100.7", headers=claim).status_code == 403


def test_the_scheme_may_be_written_in_any_case(calling: Gateway, secret: KeySecret) -> None:
    response = calling.post("keys/validate", asked(secret), headers={"Authorization": f"bearer {calling.text}"})
    assert response.status_code == 200
