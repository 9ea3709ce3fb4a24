"""Use since an exposure: admitted calls alone, by whole hours; the banner, table, timeline and letter tell the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from keys import actions, exposure
from keys.models import KeySecret, LeakReport
from tests.cast import ACTOR
from tests.factories import LeakFactory, SecretFactory, SecretHourFactory, UseFactory
from tests.keys.leaks.conftest import OLD, Page, hours_ago

STRANGER = "192.0.2.77"


@pytest.fixture
def quiet(key_admin: Any, browser_of: Any) -> Page:
    """The page of a leak, out since half past an hour, of a secret that one address used long before."""
    secret = SecretFactory()
    SecretHourFactory(secret=secret, hour=hours_ago(200), address=OLD)
    leak = LeakFactory(secret=secret, exposed_since=hours_ago(5) + timedelta(minutes=30))
    return Page(browser_of(key_admin, proven=True), leak)


def told(page: Page) -> dict[str, str]:
    """What each part of the page says."""
    context = page.get().context
    return {
        "banner": f"{context['verdict'].title} {context['verdict'].text}",
        "timeline": " ".join(one.text for one in context["timeline"]),
        "letter": context["draft"],
    }


def test_a_refused_call_is_an_attempt_and_no_use(quiet: Page) -> None:
    SecretHourFactory(secret=quiet.leak.secret, hour=hours_ago(2), address=STRANGER, admitted=0, refused=9)
    answer, said = quiet.get(), told(quiet)
    assert answer.context["callers"] == []
    assert [(one.address, one.calls) for one in answer.context["attempts"]] == [(STRANGER, 9)]
    assert "Nobody has used it" in answer.text
    assert "Refused attempts" in answer.text
    assert "No new address has used it" in said["banner"]
    assert STRANGER not in said["timeline"]
    before, _, after = said["letter"].partition("Refused attempts came from:")
    assert "We have seen no use of it" in before
    assert f"- {STRANGER}: 9 calls" in after


def test_a_new_address_is_new_everywhere(quiet: Page) -> None:
    SecretHourFactory(secret=quiet.leak.secret, hour=hours_ago(2), address=STRANGER, admitted=4, refused=1)
    said = told(quiet)
    assert "1 new address has used it" in said["banner"]
    assert f"First use from the new address {STRANGER}" in said["timeline"]
    assert f"- {STRANGER}: 4 calls" in said["letter"]
    assert "not seen before" in said["letter"]
    assert [(one.is_new, one.calls) for one in quiet.get().context["callers"]] == [(True, 4)]


def test_what_came_within_the_hour_of_the_exposure_cannot_be_told(quiet: Page) -> None:
    SecretHourFactory(secret=quiet.leak.secret, hour=hours_ago(5), address=STRANGER)
    answer, said = quiet.get(), told(quiet)
    assert [(one.is_new, one.is_untold) for one in answer.context["callers"]] == [(False, True)]
    assert "Cannot be told: in the same hour" in answer.text
    assert "1 address used it in the same hour as the exposure" in said["banner"]
    assert "new address has used it since" not in said["banner"].replace("No new address", "")
    assert f"Use from {STRANGER} in the same hour" in said["timeline"]
    assert "not seen before that hour" in said["letter"]
    form = quiet.get("contain/").context["form"]
    assert form.fields["addresses"].initial == [OLD]


def test_one_that_came_again_in_a_later_hour_is_new(quiet: Page) -> None:
    for back in (5, 3):
        SecretHourFactory(secret=quiet.leak.secret, hour=hours_ago(back), address=STRANGER)
    assert [one.is_new for one in quiet.get().context["callers"]] == [True]


def test_times_are_told_by_the_hour(quiet: Page) -> None:
    hour = hours_ago(2)
    SecretHourFactory(secret=quiet.leak.secret, hour=hour, address=STRANGER)
    assert f'in the hour from <time datetime="{hour.isoformat(timespec="seconds")}"' in quiet.get().text


def test_a_last_use_whose_address_was_not_counted_is_use(quiet: Page) -> None:
    UseFactory(secret=quiet.leak.secret, address=STRANGER)
    assert [(one.address, one.is_new) for one in quiet.get().context["callers"]] == [(STRANGER, True)]


@pytest.fixture
def other(secret: KeySecret, leak: LeakReport) -> LeakReport:
    """A leak of another secret of the same key, reported and closed meanwhile."""
    second = SecretFactory(key=secret.key, state="overlap")
    made: LeakReport = actions.report_leak(secret=second, actor=ACTOR, source="a scanner", reason="x")
    actions.close_leak(leak=made, actor=ACTOR, reason="nothing of ours")
    return made


def test_another_leak_of_the_same_key_is_not_in_the_timeline(page: Page, other: LeakReport) -> None:
    texts = [one.text for one in page.get().context["timeline"]]
    assert not any("closed the leak" in text or "reported" in text for text in texts)
    page.post("close/", reason="a test page of ours")
    mine = [one for one in page.get().context["timeline"] if "closed the leak" in one.text]
    assert len(mine) == 1
    assert str(page.leak.leaked) in mine[0].note


def test_what_is_done_to_another_secret_alone_is_not(page: Page, other: LeakReport, secret: KeySecret) -> None:
    assert other.secret is not None
    actions.end_old_secret(key=secret.key, actor=ACTOR, reason="unused")
    secret.key.refresh_from_db()
    actions.pause_key(key=secret.key, actor=ACTOR, reason="to be sure")
    texts = " ".join(one.text for one in page.get().context["timeline"])
    assert "paused" in texts
    assert "old secret" not in texts


def test_the_verdict_counts_more_addresses_than_are_shown(quiet: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposure, "MOST_CALLERS", 3)
    secret = quiet.leak.secret
    SecretHourFactory(secret=secret, hour=hours_ago(3), address=STRANGER, admitted=1)
    SecretHourFactory(secret=secret, hour=hours_ago(1), address=OLD, admitted=900)
    for number in range(4):
        SecretHourFactory(secret=secret, hour=hours_ago(1), address=f"198.51.100.{number}", admitted=5)
    answer = quiet.get()
    assert "5 new addresses have used it" in answer.context["verdict"].title
    assert [one.is_new for one in answer.context["callers"]] == [True] * 3
    assert all(one.agents == ["studio/1.2"] for one in answer.context["callers"])
    assert "3 more addresses" in answer.text


def test_many_new_addresses_do_not_push_known_ones_out_of_what_a_key_is_contained_to(
    quiet: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposure, "MOST_NETWORKS", 2)
    secret = quiet.leak.secret
    SecretHourFactory(secret=secret, hour=hours_ago(1), address=OLD)
    for number in range(4):
        SecretHourFactory(secret=secret, hour=hours_ago(1), address=f"198.51.100.{number}", admitted=50)
    seen = exposure.known(secret.key, exposed_since=quiet.leak.exposed_since, now=timezone.now())
    assert [one.is_new for one in seen] == [True] * 4 + [False]
    assert OLD in [one.address for one in exposure.containable(seen, [])]
