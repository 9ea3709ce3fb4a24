from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Event
from keys import actions
from keys.models import KeySecret
from tests.cast import ACTOR
from tests.factories import SecretFactory
from tests.keys.rotation.conftest import DAY, HOUR


def test_the_old_secret_works_longer(old: KeySecret, post: Any) -> None:
    before = old.overlap_until
    assert post(old.key, "rotation/extend", until="24h").status_code == 302
    old.refresh_from_db()
    assert old.overlap_until == before + DAY
    assert Event.objects.filter(verb="key.overlap_extended").count() == 1


def test_at_most_as_long_as_the_plan_allows_since_it_began(old: KeySecret, post: Any) -> None:
    assert post(old.key, "rotation/extend", until="longest").status_code == 302
    old.refresh_from_db()
    assert old.overlap_until == old.overlap_began_at + timedelta(hours=168)
    with pytest.raises(ValidationError, match="at most"):
        actions.extend_overlap(key=old.key, actor=ACTOR, until=old.overlap_until + HOUR)


def test_the_expiry_and_the_next_rotation_bound_it(old: KeySecret) -> None:
    SecretFactory(key=old.key, state="pending", activates_at=timezone.now() + 3 * DAY)
    begins = old.key.secrets.get(state="pending").activates_at
    assert actions.longest_end(old.key, old) == begins
    old.key.expires_at = begins - DAY
    assert actions.longest_end(old.key, old) == begins - DAY


def test_an_end_that_is_no_later_is_refused(old: KeySecret) -> None:
    with pytest.raises(ValidationError, match="lasts so long already"):
        actions.extend_overlap(key=old.key, actor=ACTOR, until=old.overlap_until)
