"""Replace now, contain, revoke, or close as harmless: each ends what can be done with the secret, or says why not."""

import re
from typing import Any

import pytest

from audit.models import Event
from keys.models import KeySecret, LeakReport
from orgs import changes
from orgs.models import Organization
from tests.factories import SecretFactory, SecretHourFactory
from tests.keys.leaks.conftest import NEW, OLD, WHY, Page, hours_ago


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> list[Organization]:
    """The organizations of which it was made sure that everybody knows."""
    known: list[Organization] = []
    monkeypatch.setattr(changes, "settle", known.append)
    return known


def test_replace_now_makes_a_new_secret_and_ends_every_old_one(
    page: Page, secret: KeySecret, settled: list[Organization]
) -> None:
    older = SecretFactory(key=secret.key, state="overlap")
    answer = page.post("replace/", version=secret.key.version)
    assert answer.status_code == 200
    assert answer.context["credential"].startswith("axk_live_")
    for old in (secret, older):
        old.refresh_from_db()
        assert old.state == "retired"
    assert secret.key.secrets.get(state="active").public_id in answer.context["credential"]
    assert page.outcome == "replaced"
    assert settled == [secret.key.organization]
    verbs = set(Event.objects.filter(names__contains=[secret.key.uid]).values_list("verb", flat=True))
    assert {"leak.closed", "key.rotated"} <= verbs


def test_the_new_secret_may_go_by_one_time_link(page: Page, secret: KeySecret) -> None:
    fields = {"handover": "link", "recipient": "ops@studio.example", "lifetime": "24h"}
    answer = page.post("replace/", version=secret.key.version, **fields)
    assert "/d/" in answer.context["url"]
    assert "axk_live_" not in answer.context["url"]
    assert page.outcome == "replaced"


def test_replacing_takes_a_proof(key_admin: Any, browser_of: Any, leak: LeakReport) -> None:
    page = Page(browser_of(key_admin), leak)
    assert page.post("replace/", version=leak.key.version).status_code == 422
    assert page.outcome == ""


def test_containing_keeps_the_known_addresses_and_leaves_the_new_one_out(
    page: Page, secret: KeySecret, settled: list[Organization]
) -> None:
    form = page.get("contain/")
    assert [value for value, _ in form.context["form"].fields["addresses"].choices] == [NEW, OLD]
    assert form.context["form"].fields["addresses"].initial == [OLD]
    assert form.context["run"].calls == 7
    assert "would have refused 7 calls of 1 caller" in form.text
    assert page.post("contain/", version=secret.key.version, addresses=[OLD]).status_code == 302
    secret.key.refresh_from_db()
    assert secret.key.allowed_cidrs == [f"{OLD}/32"]
    assert page.outcome == "contained"
    assert settled == [secret.key.organization]
    event = Event.objects.get(verb="key.contained")
    assert event.changes == {"allowed_cidrs": [None, f"{OLD}/32"]}
    assert event.reason == WHY["reason"]


def test_a_contained_leak_can_still_be_replaced(page: Page, secret: KeySecret) -> None:
    page.post("contain/", version=secret.key.version, addresses=[OLD])
    secret.key.refresh_from_db()
    assert "Contained: the secret works from the chosen addresses alone" in page.get().text
    assert page.post("replace/", version=secret.key.version).status_code == 200
    assert page.outcome == "replaced"


@pytest.mark.parametrize("addresses", [[], ["0.0.0.0/0"], ["192.0.2.1"], [""]], ids=str)
def test_containing_never_lets_anybody_in(addresses: list[str], page: Page, secret: KeySecret) -> None:
    assert page.post("contain/", version=secret.key.version, addresses=addresses).status_code == 422
    secret.key.refresh_from_db()
    assert secret.key.allowed_cidrs == []
    assert page.outcome == ""


def test_an_allow_list_only_becomes_narrower(key_admin: Any, browser_of: Any) -> None:
    from keys import actions
    from tests.cast import ACTOR
    from tests.factories import LeakFactory

    secret = SecretFactory(key__allowed_cidrs=["203.0.113.0/24"])
    SecretHourFactory(secret=secret, hour=hours_ago(90), address=OLD)
    # Admitted before the list was made.
    SecretHourFactory(secret=secret, hour=hours_ago(90), address="192.0.2.9")
    leak = LeakFactory(secret=secret)
    answer = Page(browser_of(key_admin), leak).get("contain/")
    assert [value for value, _ in answer.context["form"].fields["addresses"].choices] == [OLD]
    assert [one.address for one in answer.context["outside"]] == ["192.0.2.9"]
    assert "Outside the present networks" in answer.text
    with pytest.raises(Exception, match="lets nobody in"):
        actions.contain_leaked(leak=leak, actor=ACTOR, addresses=["192.0.2.9"], reason="x")


def test_a_key_whose_addresses_are_all_outside_its_networks_says_so(key_admin: Any, browser_of: Any) -> None:
    from tests.factories import LeakFactory

    secret = SecretFactory(key__allowed_cidrs=["203.0.113.0/24"])
    SecretHourFactory(secret=secret, hour=hours_ago(90), address="192.0.2.9", admitted=3)
    answer = Page(browser_of(key_admin), LeakFactory(secret=secret)).get("contain/")
    assert "Every known address is outside the present networks" in answer.text
    assert "192.0.2.9" in answer.text
    assert "used from none" not in answer.text
    assert 'type="checkbox"' not in answer.text


def test_a_key_that_was_used_from_nowhere_cannot_be_contained(key_admin: Any, browser_of: Any) -> None:
    from tests.factories import LeakFactory

    answer = Page(browser_of(key_admin), LeakFactory()).get("contain/")
    assert "No address is known" in answer.text
    assert not re.search(r'<button[^>]+type="submit"[^>]*>\s*Contain key', answer.text)


@pytest.mark.parametrize(("step", "doing"), [("revoke/", "Revoking"), ("replace/", "Replacing the secrets of")])
def test_both_say_first_whom_they_would_have_refused(step: str, doing: str, page: Page, secret: KeySecret) -> None:
    SecretHourFactory(secret=secret, hour=hours_ago(2), address="203.0.113.250", admitted=5)
    said = page.get(step).text
    assert f"{doing} {secret.key} would have refused" in said
    assert "203.0.113.250" in said


def test_revoking_ends_the_key(page: Page, secret: KeySecret, settled: list[Organization]) -> None:
    assert page.post("revoke/").status_code == 302
    secret.key.refresh_from_db()
    assert (secret.key.state, secret.key.revoke_code, page.outcome) == ("revoked", "leaked", "revoked")
    assert settled == [secret.key.organization]


def test_harmless_takes_a_reason_and_changes_nothing_else(page: Page, secret: KeySecret) -> None:
    assert page.post("close/", reason="").status_code == 422
    assert page.post("close/", reason="a test page of ours").status_code == 302
    secret.refresh_from_db()
    assert (secret.state, page.outcome) == ("active", "harmless")
    assert Event.objects.get(verb="leak.closed").reason == "a test page of ours"


def test_closing_what_is_dead_meanwhile_says_so(page: Page, secret: KeySecret) -> None:
    from keys import actions
    from tests.cast import ACTOR

    actions.revoke_key(key=secret.key, actor=ACTOR, code="other", reason="x")
    assert page.post("close/").status_code == 302
    assert page.outcome == "already_dead"


@pytest.mark.parametrize("part", ["replace/", "contain/", "revoke/", "close/"])
def test_what_is_closed_stays_closed(part: str, page: Page, secret: KeySecret) -> None:
    page.post("close/")
    assert page.get(part).status_code == 302
    fields = {"version": secret.key.version, "addresses": [OLD]}
    assert page.post(part, **fields).status_code == 422
    assert page.outcome == "harmless"


@pytest.mark.parametrize("part", ["replace/", "contain/"])
def test_a_key_that_somebody_changed_meanwhile_is_left_alone(part: str, page: Page, secret: KeySecret) -> None:
    fields = {"version": secret.key.version - 1, "addresses": [OLD]}
    assert page.post(part, **fields).status_code == 422
    assert page.outcome == ""


@pytest.mark.parametrize("part", ["contain/", "revoke/", "close/"])
def test_an_account_manager_acts_on_their_own_with_a_proof(
    part: str, account_manager: Any, browser_of: Any, leak: LeakReport, secret: KeySecret
) -> None:
    fields = {"version": secret.key.version, "addresses": [OLD]}
    assert Page(browser_of(account_manager), leak).post(part, **fields).status_code == 422
    assert Page(browser_of(account_manager, proven=True), leak).post(part, **fields).status_code == 302
