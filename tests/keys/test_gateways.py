from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from keys import secrets
from keys.gateways import GatewayCredential
from tests.factories import GatewayFactory

FORM = {"name": "gw-lisbon-1", "environment": "staging", "expires": "never"}


def _create(client: Any, **fields: str) -> Any:
    return client.post("/gateways/new/", {**FORM, **fields})


def test_a_credential_is_shown_once_with_its_usual_scopes(administrator: Any, browser_of: Any) -> None:
    client = browser_of(administrator, proven=True)
    answer = _create(client, environment="production")
    parsed = secrets.parse(answer.context["credential"])
    assert parsed is not None
    assert parsed.kind == "gateway"
    made = GatewayCredential.objects.get()
    assert made.scopes == ["keys:validate", "usage:write", "changes:read"]
    assert answer.context["credential"] not in client.get(f"/gateways/{made.uid}/").text


def test_a_scanner_s_credential_may_report_leaks_alone(administrator: Any, browser_of: Any) -> None:
    client = browser_of(administrator, proven=True)
    page = client.get("/gateways/new/").text
    assert page.count('name="scopes"') == 4
    assert page.count('name="scopes" value="leaks:report"') == 1
    assert _create(client, scopes="leaks:report").status_code == 200
    assert GatewayCredential.objects.get().scopes == ["leaks:report"]
    assert _create(client, name="other", scopes="everything").status_code == 422


def test_a_key_admin_makes_none_for_production(key_admin: Any, browser_of: Any) -> None:
    client = browser_of(key_admin, proven=True)
    assert _create(client, environment="production").status_code == 422
    assert _create(client).status_code == 200
    assert GatewayCredential.objects.get().environment == "staging"


def test_a_key_admin_revokes_none_of_production(key_admin: Any, browser_of: Any) -> None:
    credential = GatewayFactory()
    answer = browser_of(key_admin, proven=True).post(f"/gateways/{credential.uid}/revoke/", {"reason": "x"})
    assert answer.status_code == 403
    credential.refresh_from_db()
    assert credential.revoked_at is None


def test_networks_are_kept_in_their_usual_spelling(administrator: Any, browser_of: Any) -> None:
    _create(browser_of(administrator, proven=True), allowed_cidrs="203.0.113.7/24\n2001:DB8::/32")
    assert GatewayCredential.objects.get().allowed_cidrs == ["203.0.113.0/24", "2001:db8::/32"]


@pytest.mark.parametrize("fields", [{"allowed_cidrs": "everywhere"}, {"name": ""}, {"environment": "moon"}])
def test_bad_input_makes_nothing(fields: dict[str, str], administrator: Any, browser_of: Any) -> None:
    answer = _create(browser_of(administrator, proven=True), **fields)
    assert answer.status_code == 422
    assert not GatewayCredential.objects.exists()


def test_revoking_is_recorded(administrator: Any, browser_of: Any) -> None:
    credential = GatewayFactory()
    client = browser_of(administrator, proven=True)
    assert client.post(f"/gateways/{credential.uid}/revoke/", {"reason": "replaced"}).status_code == 302
    assert client.post(f"/gateways/{credential.uid}/revoke/", {"reason": "again"}).status_code == 422
    assert Event.objects.get(verb="gateway.revoked").target_id == credential.uid


def test_a_new_credential_says_when_it_expires_and_what_to_do_if_it_is_lost(
    administrator: Any, browser_of: Any
) -> None:
    asked = {"name": "gw-2", "environment": "production", "expires": "90"}
    page = browser_of(administrator, proven=True).post("/gateways/new/", asked)
    until = timezone.now() + timedelta(days=90)
    assert dict(page.context["facts"])["Expires"].startswith(f"{until:%-d %b %Y}")
    assert "If it is lost, rotate it." in page.text


def test_networks_of_a_credential_are_looked_through_with_its_other_fields(administrator: Any, browser_of: Any) -> None:
    asked = {"name": "", "environment": "production", "expires": "90", "allowed_cidrs": "10.0.0.0/8, there"}
    page = browser_of(administrator, proven=True).post("/gateways/new/", asked)
    assert set(page.context["form"].errors) == {"name", "allowed_cidrs"}
