"""Gateway credentials rotate with overlap, as keys do, so that no gateway stands without one."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from audit import trail
from audit.models import Event
from keys import actions, known, tasks
from keys.gateways import GatewayCredential, GatewaySecret
from orgs.models import Staff
from tests.cast import ACTOR
from tests.factories import GatewayFactory, GatewaySecretFactory

Browser = Callable[..., Client]
HOUR = timedelta(hours=1)


@pytest.fixture
def credential(db: None) -> GatewayCredential:
    made: GatewayCredential = GatewayFactory()
    return made


def works(text: str) -> bool:
    """Whether a process that has just read the feed's tail takes it."""
    known.process.forget_all()
    status = Client().get("/gateway/v1/changes", headers={"Authorization": f"Bearer {text}"}).status_code
    assert status in (200, 401)
    return status == 200


def rotated(credential: GatewayCredential, overlap: timedelta = HOUR) -> str:
    return actions.rotate_gateway(credential=credential, actor=ACTOR, overlap=overlap)[1]


def states(credential: GatewayCredential) -> list[str]:
    return sorted(credential.secrets.values_list("state", flat=True))


def over(credential: GatewayCredential) -> None:
    """Let the overlap run out, which nobody does by hand."""
    from django.db import transaction

    from tests.factories import record_fixture

    with transaction.atomic():
        credential.secrets.filter(state="overlap").update(overlap_until=timezone.now() - timedelta(seconds=1))
        record_fixture(credential.uid)


def test_both_secrets_work_until_the_overlap_ends(credential: Any) -> None:
    new = rotated(credential)
    assert [works(credential.text), works(new)] == [True, True]
    over(credential)
    assert [works(credential.text), works(new)] == [False, True]


def test_without_an_overlap_the_old_one_stops_at_once(credential: Any) -> None:
    new = rotated(credential, timedelta())
    assert [works(credential.text), works(new)] == [False, True]
    assert states(credential) == ["active", "retired"]


def test_at_most_two_work(credential: Any) -> None:
    second, third = rotated(credential), rotated(credential)
    assert [works(credential.text), works(second), works(third)] == [False, True, True]
    assert states(credential) == ["active", "overlap", "retired"]


def test_an_overlap_never_outlives_the_credential(db: None) -> None:
    end = timezone.now() + timedelta(minutes=20)
    credential = GatewayFactory(expires_at=end)
    rotated(credential)
    assert credential.secrets.get(state="overlap").overlap_until == end


@pytest.mark.parametrize("fields", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - HOUR}])
def test_what_has_ended_is_not_revived(db: None, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rotated(GatewayFactory(**fields))


@pytest.mark.parametrize("overlap", [timedelta(days=8), timedelta(seconds=-1)])
def test_an_overlap_is_a_week_at_most(credential: Any, overlap: timedelta) -> None:
    with pytest.raises(ValidationError):
        rotated(credential, overlap)


def test_the_sweep_retires_what_is_over_and_nothing_else(credential: Any) -> None:
    rotated(credential)
    tasks.end_gateway_overlaps()
    assert states(credential) == ["active", "overlap"]
    over(credential)
    tasks.end_gateway_overlaps()
    tasks.end_gateway_overlaps()
    assert states(credential) == ["active", "retired"]
    assert Event.objects.get(verb="gateway.overlap_ended").actor_type == "system"


def test_a_form_rotates_shows_the_secret_once_and_is_recorded(
    credential: Any, administrator: Staff, browser_of: Browser
) -> None:
    client = browser_of(administrator, proven=True)
    form = {"overlap": "1h", "version": credential.version}
    answer = client.post(f"/gateways/{credential.uid}/rotate/", form)
    assert works(answer.context["credential"])
    assert answer.context["credential"] not in client.get(f"/gateways/{credential.uid}/").content.decode()
    event = Event.objects.get(verb="gateway.rotated")
    assert event.sentence == f"Ada rotated gateway credential {credential.name}, overlap 1 h"
    # The same form once more is about a credential that is another by now.
    assert client.post(f"/gateways/{credential.uid}/rotate/", form).status_code == 422
    assert credential.secrets.count() == 2


def test_a_stale_version_rotates_nothing(credential: Any) -> None:
    with pytest.raises(ValidationError):
        actions.rotate_gateway(credential=credential, actor=ACTOR, overlap=HOUR, seen_version=9)
    assert credential.secrets.count() == 1


def test_rotating_asks_who_it_is(credential: Any, administrator: Staff, browser_of: Browser) -> None:
    answer = browser_of(administrator).post(f"/gateways/{credential.uid}/rotate/", {"overlap": "1h", "version": 1})
    assert answer.status_code == 422
    assert credential.secrets.count() == 1


def test_a_key_admin_rotates_staging_alone(credential: Any, key_admin: Staff, browser_of: Browser) -> None:
    client, staging = browser_of(key_admin, proven=True), GatewayFactory(environment="staging")
    form = {"overlap": "1h", "version": 1}
    assert client.post(f"/gateways/{credential.uid}/rotate/", form).status_code == 403
    assert client.post(f"/gateways/{staging.uid}/rotate/", form).status_code == 200


def test_a_person_ends_the_old_secret_with_a_reason(credential: Any, administrator: Staff, browser_of: Browser) -> None:
    rotated(credential)
    client, form = browser_of(administrator, proven=True), {"version": 2}
    assert client.post(f"/gateways/{credential.uid}/end/", form).status_code == 422
    assert client.post(f"/gateways/{credential.uid}/end/", {**form, "reason": "rolled out"}).status_code == 302
    assert not works(credential.text)
    assert client.get(f"/gateways/{credential.uid}/end/").status_code == 302


def test_editing_changes_what_it_may_from_where_and_until_when(
    credential: Any, administrator: Staff, browser_of: Browser
) -> None:
    client = browser_of(administrator, proven=True)
    form = {"scopes": ["usage:write"], "allowed_cidrs": "203.0.113.7/24", "expires": "30", "version": 1}
    assert client.post(f"/gateways/{credential.uid}/edit/", form).status_code == 302
    credential.refresh_from_db()
    assert (credential.scopes, credential.allowed_cidrs) == (["usage:write"], ["203.0.113.0/24"])
    assert timedelta(days=29) < credential.expires_at - timezone.now() < timedelta(days=31)
    changes = Event.objects.get(verb="gateway.edited").changes
    assert changes["scopes"] == ["keys:validate, usage:write, changes:read", "usage:write"]
    assert client.post(f"/gateways/{credential.uid}/edit/", form).status_code == 422


def test_saving_what_is_the_same_is_no_change(credential: Any, administrator: Staff, browser_of: Browser) -> None:
    form = {"scopes": credential.scopes, "allowed_cidrs": "", "expires": "keep", "version": 1}
    client = browser_of(administrator, proven=True)
    assert client.post(f"/gateways/{credential.uid}/edit/", form).status_code == 302
    assert not Event.objects.filter(verb="gateway.edited").exists()


@pytest.mark.parametrize("fields", [{"scopes": []}, {"scopes": ["all"]}, {"allowed_cidrs": "x"}, {"expires": "never "}])
def test_bad_input_changes_nothing(
    credential: Any, administrator: Staff, browser_of: Browser, fields: dict[str, Any]
) -> None:
    form = {"scopes": ["usage:write"], "allowed_cidrs": "", "expires": "keep", "version": 1, **fields}
    client = browser_of(administrator, proven=True)
    assert client.post(f"/gateways/{credential.uid}/edit/", form).status_code == 422
    credential.refresh_from_db()
    assert credential.version == 1


def test_the_command_prints_the_new_secret_alone_on_its_last_line(credential: Any) -> None:
    out = StringIO()
    call_command("rotate_gateway", credential.name, "--overlap", "1h", stdout=out, stderr=StringIO())
    assert works(out.getvalue().splitlines()[-1])
    assert GatewaySecret.objects.filter(state="overlap").count() == 1
    with pytest.raises(CommandError):
        call_command("rotate_gateway", "nobody")


def test_the_sweep_of_another_is_no_end_before_time(credential: Any) -> None:
    GatewaySecretFactory(credential=credential, state="overlap", overlap_until=timezone.now() + HOUR)
    actions.end_gateway_overlap(credential=credential, actor=trail.SYSTEM)
    assert states(credential) == ["active", "overlap"]
