"""A NUL in an address is a wrong address, never an error of ours."""

from typing import Any

import pytest
from django.test import Client

from keys.models import KeySecret
from tests.factories import RefusalFactory, SecretFactory


@pytest.fixture
def browser(key_admin: Any, browser_of: Any) -> Client:
    found: Client = browser_of(key_admin, proven=True)
    return found


@pytest.fixture
def secret(db: None) -> KeySecret:
    made: KeySecret = SecretFactory()
    return made


@pytest.mark.parametrize("code", ["%00", "NONSENSE"])
def test_a_code_that_is_none_finds_nothing(code: str, browser: Client, secret: KeySecret) -> None:
    RefusalFactory(key=secret.key, organization=secret.key.organization)
    for path in (f"orgs/{secret.key.organization.uid}", f"keys/{secret.key.uid}"):
        answer = browser.get(f"/{path}/refusals/?code={code}")
        assert answer.status_code == 200
        assert answer.context["rows"] == []


@pytest.mark.parametrize("path", ["/keys/views/_%00/rename/", "/keys/views/%00/rename/", "/keys/bulk/expire/?key=%00"])
def test_an_id_that_is_none_is_not_found(path: str, browser: Client, secret: KeySecret) -> None:
    assert browser.get(path).status_code == 404
    assert browser.get(f"{path}&key={secret.key.uid}" if "?" in path else path).status_code == 404
