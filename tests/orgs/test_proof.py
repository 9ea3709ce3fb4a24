from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.models import Event
from orgs import proof
from orgs.policy import Permission
from tests.cast import PASSWORD

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("permission", "proved", "used", "fresh"),
    [
        (Permission.KEY_REVOKE, 9, None, True),
        (Permission.KEY_REVOKE, 10, None, False),
        (Permission.KEY_REVOKE, 20, 1, False),
        (Permission.KEY_ISSUE, 20, 1, True),
        (Permission.KEY_ISSUE, 20, 10, False),
        (Permission.KEY_ISSUE, 60, 1, False),
        (Permission.KEY_ISSUE, None, None, False),
    ],
)
def test_a_proof_lasts_ten_minutes_and_use_keeps_it_alive_for_issuing(
    permission: Permission, proved: int | None, used: int | None, fresh: bool
) -> None:
    at = NOW - proved * MINUTE if proved is not None else None
    last = NOW - used * MINUTE if used is not None else None
    assert proof.is_fresh(at, last, permission=permission, now=NOW) is fresh


def test_a_wrong_password_issues_nothing_and_is_recorded(
    key_admin: Any, other_organization: Any, browser_of: Any
) -> None:
    answer = _issue(browser_of(key_admin), other_organization, password="wrong")
    assert answer.status_code == 422
    assert "That is not your password" in answer.text
    assert not other_organization.keys.exists()
    assert Event.objects.filter(verb="staff.stepped_up", outcome="denied", actor_id=key_admin.uid).exists()


def test_without_a_proof_the_form_is_refused(key_admin: Any, other_organization: Any, browser_of: Any) -> None:
    assert _issue(browser_of(key_admin), other_organization).status_code == 422
    assert not other_organization.keys.exists()


def test_the_right_password_counts_for_the_next_step_too(
    key_admin: Any, other_organization: Any, browser_of: Any
) -> None:
    client = browser_of(key_admin)
    assert _issue(client, other_organization, password=PASSWORD).status_code == 200
    assert _issue(client, other_organization, name="second").status_code == 200
    assert other_organization.keys.count() == 2


def test_guessing_is_stopped(key_admin: Any, other_organization: Any, browser_of: Any) -> None:
    client = browser_of(key_admin)
    for _ in range(12):
        _issue(client, other_organization, password="guess")
    assert _issue(client, other_organization, password=PASSWORD).status_code == 422


def _issue(client: Any, organization: Any, name: str = "prod", **fields: str) -> Any:
    form = {"name": name, "environment": "live", "api_versions": ["v1"], "expires": "90", **fields}
    return client.post(f"/orgs/{organization.uid}/keys/new/", form)
