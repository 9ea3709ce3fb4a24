from typing import Any

from django.utils import timezone

from audit.models import Event
from keys.models import KeySecret
from tests.factories import SecretHourFactory
from tests.keys.rotation.conftest import states_of


def test_the_old_secret_stops_now_with_a_reason(old: KeySecret, post: Any) -> None:
    assert post(old.key, "rotation/end").status_code == 422
    assert post(old.key, "rotation/end", reason="all have moved", ticket="SUP-9").status_code == 302
    assert states_of(old.key) == ["retired", "active"]
    old.refresh_from_db()
    assert old.is_retired(at=timezone.now())
    event = Event.objects.get(verb="key.old_secret_ended")
    assert (event.reason, event.ticket) == ("all have moved", "SUP-9")


def test_the_form_shows_what_it_would_have_refused(old: KeySecret, new: KeySecret, kim: Any) -> None:
    SecretHourFactory(secret=old, address="10.8.4.22", admitted=3)
    SecretHourFactory(secret=new, admitted=900)
    page = kim.get(f"/keys/{old.key.uid}/rotation/end/").content.decode()
    assert "would have refused 3 calls of 1 caller" in page
    assert "10.8.4.22" in page


def test_a_key_that_does_not_rotate_has_nothing_to_end(new: KeySecret, post: Any, kim: Any) -> None:
    post(new.key, "rotation/end", reason="because")
    assert kim.get(f"/keys/{new.key.uid}/rotation/end/").status_code == 302
    answer = post(new.key, "rotation/end", reason="because")
    assert "ended already" in answer.content.decode()
