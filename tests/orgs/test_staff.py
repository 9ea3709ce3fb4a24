"""Who works here is changed by actions alone, and so never without a trace."""

from typing import Any

import pytest
from django.contrib.auth import hashers
from django.db import DatabaseError, connection, transaction

from audit.models import Event
from orgs import actions
from orgs.models import Staff
from tests.cast import ACTOR, PASSWORD
from tests.factories import PlanVersionFactory


def _run(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize(
    "change",
    ["password = 'x'", "email = 'mallory@axis.example'", "name = 'Mallory'", "is_active = false", "uid = 'stf_other'"],
)
def test_nobody_is_changed_without_an_event(change: str, administrator: Staff) -> None:
    before = Staff.objects.filter(pk=administrator.pk).values().get()
    with pytest.raises(DatabaseError, match="without an audit event"):
        _run(f"UPDATE orgs_staff SET {change} WHERE id = %s", administrator.pk)
    assert Staff.objects.filter(pk=administrator.pk).values().get() == before


def test_nobody_is_added_without_an_event(db: None) -> None:
    with pytest.raises(DatabaseError, match="without an audit event"), transaction.atomic():
        Staff.objects.create_user("mallory@axis.example", "x", name="Mallory")
    assert not Staff.objects.filter(name="Mallory").exists()


def test_a_person_is_made_and_given_a_new_password_by_actions(db: None) -> None:
    person, _ = actions.create_staff(actor=ACTOR, email="new@axis.example", role="viewer")
    password = actions.reset_password(user=person, actor=ACTOR)
    assert Staff.objects.get(pk=person.pk).check_password(password)


def test_a_plan_gets_no_terms_without_an_event(db: None) -> None:
    version: Any = PlanVersionFactory()
    version.pk, version.number = None, version.number + 1
    with pytest.raises(DatabaseError, match="without an audit event"), transaction.atomic():
        version.save(force_insert=True)


def test_signing_in_sets_the_last_sign_in_and_leaves_the_hash_as_it_is(
    viewer: Staff, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Staff.objects.get(pk=viewer.pk).password
    monkeypatch.setattr(hashers, "verify_password", lambda *_args, **_kwargs: (True, True))
    assert client.post("/sign-in/", {"login": viewer.email, "password": PASSWORD}).status_code == 302
    viewer.refresh_from_db()
    assert viewer.last_login is not None
    assert viewer.password == old
    assert Event.objects.filter(verb="staff.signed_in", actor_id=viewer.uid).exists()
