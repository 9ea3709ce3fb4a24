import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event
from keys import secrets
from keys.models import ApiKey, GatewayCredential
from orgs.models import Organization, Staff
from tests.factories import OrganizationFactory, PlanVersionFactory, SecretFactory


def run(name: str, *args: str, **options: Any) -> str:
    """Run a command; returns its last line of stdout."""
    out = io.StringIO()
    call_command(name, *args, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue().strip().splitlines()[-1]


@pytest.fixture(autouse=True)
def plan(db: None) -> None:
    PlanVersionFactory()


def test_create_staff_prints_a_password_that_signs_in(client: Any) -> None:
    password = run("create_staff", "Ada@Axis.example", "--role", "administrator")
    answer = client.post("/sign-in/", {"login": "ada@axis.example", "password": password})
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert Staff.objects.get().grants[0].role == "administrator"
    assert Event.objects.filter(verb="staff.created", actor_type="cli").exists()


@pytest.mark.parametrize(("plan_code", "status"), [("standard", "active"), ("pilot", "pilot")])
def test_create_org_prints_the_id_of_a_usable_organization(plan_code: str, status: str) -> None:
    uid = run("create_org", "Halide & Sons", "--plan", plan_code)
    organization = Organization.objects.get(uid=uid)
    assert organization.status == status
    assert hasattr(organization, "pilot") == (status == "pilot")


def test_issue_key_prints_the_credential(db: None) -> None:
    organization = OrganizationFactory(slug="halide")
    text = run("issue_key", "halide", "prod", "--environment", "live", "--api-version", "v1", "--api-version", "v2")
    parsed = secrets.parse(text)
    assert parsed is not None
    assert parsed.kind == "live"
    assert organization.keys.get().api_versions == ["v1", "v2"]
    assert run("issue_key", organization.uid, "other", "--environment", "test", "--api-version", "v1")


@pytest.mark.parametrize("by_id", [True, False])
def test_rotate_key_prints_the_new_credential(by_id: bool) -> None:
    old = SecretFactory()
    text = run("rotate_key", old.key.uid if by_id else old.public_id, "--overlap", "1h")
    parsed = secrets.parse(text)
    assert parsed is not None
    assert parsed.public_id == old.key.secrets.get(state="active").public_id != old.public_id
    assert Event.objects.get(verb="key.rotated").detail["overlap"] == "1 h"


def test_revoke_key_takes_the_public_id() -> None:
    secret = SecretFactory()
    assert run("revoke_key", secret.public_id, "--reason", "leaked") == secret.key.uid
    assert ApiKey.objects.get().state == "revoked"


def test_create_gateway_prints_the_credential() -> None:
    parsed = secrets.parse(run("create_gateway", "gw-1"))
    assert parsed is not None
    assert parsed.kind == "gateway"
    assert GatewayCredential.objects.get().environment == "production"


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("create_org", ["X", "--plan", "free"]),
        ("create_org", ["", "--plan", "standard"]),
        ("issue_key", ["nobody", "prod", "--environment", "live", "--api-version", "v1"]),
        ("issue_key", ["halide", "prod", "--environment", "live", "--api-version", "v9"]),
        ("issue_key", ["halide", "prod", "--environment", "moon", "--api-version", "v1"]),
        ("revoke_key", ["000000000000", "--reason", "leaked"]),
        ("create_staff", ["no address", "--role", "viewer"]),
        ("create_gateway", ["gw", "--environment", "moon"]),
    ],
)
def test_bad_input_is_an_error_and_changes_nothing(name: str, args: list[str]) -> None:
    OrganizationFactory(slug="halide")
    before = Event.objects.count()
    with pytest.raises(CommandError) as refused:
        run(name, *args)
    assert "\n" not in str(refused.value)
    assert Event.objects.count() == before
    assert (ApiKey.objects.count(), GatewayCredential.objects.count(), Organization.objects.count()) == (0, 0, 1)
