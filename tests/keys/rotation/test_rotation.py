"""The rotation page of a key."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from keys import freshness, states
from keys.models import ApiKey, KeySecret
from orgs.models import Staff
from tests.factories import KeyFactory, SecretFactory, SecretHourFactory, UseFactory
from tests.keys.rotation.conftest import DAY, HOUR


def _hour(back: int) -> Any:
    return timezone.now().replace(minute=0, second=0, microsecond=0) - back * HOUR


def _page(client: Any, key: ApiKey) -> Any:
    answer = client.get(f"/keys/{key.uid}/rotation/")
    assert answer.status_code == 200
    return answer


def test_it_names_who_still_uses_the_old_secret(old: KeySecret, new: KeySecret, kim: Any) -> None:
    for back in range(24 * 20):
        SecretHourFactory(secret=old, hour=_hour(back), address="10.8.4.22", user_agent="python-requests/2.31")
    SecretHourFactory(secret=old, hour=_hour(30), address="10.8.4.23", user_agent="python-requests/2.32")
    SecretHourFactory(secret=new, hour=_hour(0), address="10.8.4.23", user_agent="python-requests/2.32")
    UseFactory(secret=old, address="10.8.4.22", user_agent="python-requests/2.31")
    UseFactory(secret=new, address="10.8.4.23", user_agent="python-requests/2.32")
    answer = _page(kim, old.key)
    page = answer.content.decode()
    assert "Not safe to end yet: 1 caller still uses the old secret." in page
    rows = {row.caller.address: row for row in answer.context["cutover"].rows}
    assert (rows["10.8.4.22"].is_still, rows["10.8.4.22"].old_day, rows["10.8.4.22"].new_day) == (True, 240, 0)
    assert (rows["10.8.4.23"].caller.has_moved, rows["10.8.4.23"].new_day) == (True, 10)
    assert "python-requests/2.31" in page


def test_a_caller_is_one_row_and_refused_calls_keep_nobody_on_the_old_secret(old: KeySecret, kim: Any) -> None:
    for version in ("v1", "v2"):
        SecretHourFactory(secret=old, hour=_hour(0), admitted=4, api_version=version)
    SecretHourFactory(secret=old, hour=_hour(0), address="10.8.4.24", admitted=0, refused=9)
    UseFactory(secret=old, address="203.0.113.7", user_agent="studio/1.2")
    answer = _page(kim, old.key)
    rows = [(row.caller.address, row.api_versions, row.old_day, row.is_still) for row in answer.context["cutover"].rows]
    assert rows == [("203.0.113.7", "v1, v2", 8, True)]
    assert "1 caller still uses the old secret" in answer.content.decode()
    assert "8 calls of 1 caller" in kim.get(f"/keys/{old.key.uid}/rotation/end/").content.decode()


def test_it_says_that_it_is_safe_after_a_silence_that_means_something(kim: Any) -> None:
    began = timezone.now() - 3 * DAY
    old = SecretFactory(state="overlap", overlap_began_at=began, overlap_until=timezone.now() + DAY)
    SecretFactory(key=old.key)
    for back in range(24 * 3, 24 * 24):
        SecretHourFactory(secret=old, hour=_hour(back))
    UseFactory(secret=old, first_used_at=began - 20 * DAY, last_used_at=_hour(24 * 3))
    page = _page(kim, old.key).content.decode()
    assert "Safe to end the old secret." in page
    assert "It has been silent for 3 days" in page


def test_it_never_says_safe_by_counts_that_are_old(old: KeySecret, kim: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness, "refresh", lambda organization: False)
    page = _page(kim, old.key).content.decode()
    assert "Cannot tell now whether it is safe to end." in page
    assert "Safe to end" not in page
    assert "would have refused" not in kim.get(f"/keys/{old.key.uid}/rotation/end/").content.decode()


def test_one_that_was_never_used_is_safe(old: KeySecret, kim: Any) -> None:
    page = _page(kim, old.key).content.decode()
    assert "No call with it was ever admitted." in page
    assert "No calls" in page


def test_calls_are_drawn_and_told_by_secret_and_hour(old: KeySecret, new: KeySecret, kim: Any) -> None:
    SecretHourFactory(secret=old, hour=_hour(2), admitted=7, refused=1)
    SecretHourFactory(secret=new, hour=_hour(1), admitted=5)
    points = _page(kim, old.key).context["chart"]["points"]
    assert [point["v"] for point in points[-3:]] == [[0, 8], [5, 0], [0, 0]]
    assert len(points) == 49


def test_it_shows_a_rotation_to_come(scheduled: ApiKey, kim: Any) -> None:
    page = _page(kim, scheduled).content.decode()
    assert "Rotation scheduled" in page
    assert "Cancel rotation" in page
    assert "End old secret now" not in page


def test_without_a_rotation_it_says_how_to_begin_one(kim: Any) -> None:
    page = _page(kim, SecretFactory().key).content.decode()
    assert "No rotation runs" in page
    assert "Schedule rotation" in page


def test_a_key_without_any_secret_has_a_page(kim: Any) -> None:
    assert "no secret works" in _page(kim, KeyFactory()).content.decode()


def test_whoever_only_looks_is_offered_nothing(old: KeySecret, viewer: Staff, browser_of: Any) -> None:
    page = _page(browser_of(viewer), old.key).content.decode()
    assert not any(act in page for act in ("Undo rotation", "End old secret now", ">Extend"))


@pytest.mark.parametrize("step", ["undo", "end", "extend", "cancel", "schedule"])
def test_every_step_asks_for_a_proof(step: str, old: KeySecret, key_admin: Staff, browser_of: Any) -> None:
    SecretFactory(key=old.key, state="pending")
    page = browser_of(key_admin).get(f"/keys/{old.key.uid}/rotation/{step}/").content.decode()
    assert "Your password" in page


def test_a_rotation_that_is_due_is_told_on_every_page(kim: Any) -> None:
    secret = SecretFactory(key__rotate_every=30 * DAY, created_at=timezone.now() - 40 * DAY)
    assert "Rotation due since" in _page(kim, secret.key).content.decode()
    assert f"Rotation of {secret.key} was due" in kim.get("/").content.decode()
    assert secret.key.name in kim.get("/keys/?state=due").content.decode()


@pytest.mark.parametrize(
    ("every", "age", "label"), [(None, 400, "Unused"), (30, 20, "Unused"), (30, 31, "Rotation due")]
)
def test_a_rotation_is_due_so_long_after_the_last_one_began(every: int | None, age: int, label: str, db: None) -> None:
    now = timezone.now()
    every_days = timedelta(days=every) if every else None
    secret = SecretFactory(key__rotate_every=every_days, created_at=now - age * DAY)
    key = ApiKey.objects.with_secrets().get(pk=secret.key.pk)
    assert states.of_key(key, at=now).label == label
    assert ApiKey.objects.due_for_rotation(by=now).exists() is (label == "Rotation due")


def test_a_scheduled_rotation_is_no_longer_due(db: None) -> None:
    now = timezone.now()
    secret = SecretFactory(key__rotate_every=30 * DAY, created_at=now - 40 * DAY, overlap_until=now + 9 * DAY)
    SecretFactory(key=secret.key, state="pending")
    assert not ApiKey.objects.due_for_rotation(by=now).exists()
    assert ApiKey.objects.with_secrets().get().rotation_due_at(at=now) is None


def test_a_key_is_listed_as_rotating_by_the_clock(old: KeySecret, scheduled: ApiKey) -> None:
    now = timezone.now()
    assert list(ApiKey.objects.rotating(at=now)) == [old.key]
    begins = scheduled.secrets.get(state="pending").activates_at
    assert scheduled in ApiKey.objects.rotating(at=begins)
    assert scheduled not in ApiKey.objects.rotating(at=begins + DAY)
