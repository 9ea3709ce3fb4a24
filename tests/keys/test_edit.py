"""Edit a key: what may change, what is refused by field, who meets whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from keys import actions
from keys.models import ApiKey, SecretHour
from orgs.models import Change
from tests.cast import ACTOR
from tests.factories import KeyFactory, OrganizationFactory, PlanVersionFactory, SecretFactory

DAY = timedelta(days=1)
SOON = (timezone.now() + 40 * DAY).replace(second=0, microsecond=0)


def filled(key: ApiKey, **changed: Any) -> dict[str, Any]:
    """The form as a person sees it, with what they changed."""
    shown = {
        "name": key.name,
        "purpose": key.purpose,
        "api_versions": key.api_versions,
        "expires": "keep",
        "allowed_cidrs": "\n".join(key.allowed_cidrs),
        "not_before": f"{key.not_before:%Y-%m-%dT%H:%M}" if key.not_before else "",
        "rotate_every": str(key.rotate_every.days) if key.rotate_every else "",
        "version": key.version,
    }
    return {**shown, **changed}


def send(client: Any, key: ApiKey, **changed: Any) -> Any:
    return client.post(f"/keys/{key.uid}/edit/", filled(key, **changed))


def test_every_field_can_be_changed_and_stands_in_the_trail(key_admin: Any, browser_of: Any) -> None:
    secret = SecretFactory(key__name="prod", key__allowed_cidrs=["10.0.0.0/8"])
    key = secret.key
    answer = send(
        browser_of(key_admin),
        key,
        name="render-farm",
        purpose="Nightly renders",
        api_versions=["v2"],
        expires="30",
        allowed_cidrs="203.0.113.40, 2001:DB8:0::/32\n::ffff:198.51.100.0/120\n203.0.113.40/32",
        not_before=f"{timezone.now() + DAY:%Y-%m-%dT%H:%M}",
        rotate_every="90",
        reason="moved",
        ticket="SUP-3",
    )
    assert answer.status_code == 302
    key.refresh_from_db()
    assert key.allowed_cidrs == ["203.0.113.40/32", "2001:db8::/32", "198.51.100.0/24"]
    assert (key.name, key.purpose, key.api_versions, key.rotate_every) == (
        "render-farm",
        "Nightly renders",
        ["v2"],
        90 * DAY,
    )
    event = Event.objects.get(verb="key.edited")
    assert event.changes["name"] == ["prod", "render-farm"]
    assert event.changes["allowed_cidrs"] == ["10.0.0.0/8", "203.0.113.40/32, 2001:db8::/32, 198.51.100.0/24"]
    assert event.changes["rotate_every"] == [None, "90 d"]
    assert set(event.changes) == set(actions.editing.EDITABLE)
    assert (event.reason, event.ticket) == ("moved", "SUP-3")
    change = Change.objects.latest("seq")
    assert (change.kind, change.public_ids) == ("key.changed", [secret.public_id])


def test_a_form_without_a_difference_changes_nothing(key_admin: Any, browser_of: Any) -> None:
    begins = timezone.now() + DAY
    key = KeyFactory(not_before=begins, expires_at=begins + DAY, rotate_every=45 * DAY, allowed_cidrs=["10.0.0.0/8"])
    assert send(browser_of(key_admin), key).status_code == 302
    assert not Event.objects.filter(verb="key.edited").exists()
    key.refresh_from_db()
    assert (key.version, key.not_before) == (1, begins)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "prod\u202egnp"}, "name"),
        ({"purpose": f"axk_live_{'a' * 12}_{'b' * 38}"}, "purpose"),
        ({"api_versions": []}, "api_versions"),
        ({"api_versions": ["v9"]}, "api_versions"),
        ({"allowed_cidrs": "10.0.0.0/33"}, "allowed_cidrs"),
        ({"allowed_cidrs": "10.0.0.0/8\nexample.com"}, "allowed_cidrs"),
        ({"allowed_cidrs": "fe80::1%eth0"}, "allowed_cidrs"),
        ({"allowed_cidrs": "10.0.0.0/8\u202e"}, "allowed_cidrs"),
        ({"allowed_cidrs": "\n".join(f"10.0.{n}.0/24" for n in range(101))}, "allowed_cidrs"),
        ({"not_before": "2020-01-01T00:00"}, "not_before"),
        ({"not_before": "9999-01-01T00:00"}, "not_before"),
        ({"not_before": "tomorrow"}, "not_before"),
        ({"expires": "day", "expires_on": "2020-01-01"}, "expires_on"),
        ({"expires": "day", "expires_on": ""}, "expires_on"),
        ({"expires": "day", "expires_on": "2998-01-01"}, "expires_on"),
        ({"expires": "never"}, "expires"),
        ({"rotate_every": "1"}, "rotate_every"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_saved(
    changed: dict[str, Any], field: str, key_admin: Any, browser_of: Any
) -> None:
    key = KeyFactory(expires_at=timezone.now() + 10 * DAY)
    answer = send(browser_of(key_admin), key, **changed)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Event.objects.filter(verb="key.edited").exists()


def test_a_key_cannot_begin_after_its_end(key_admin: Any, browser_of: Any) -> None:
    key = KeyFactory(expires_at=timezone.now() + DAY)
    late = f"{timezone.now() + 2 * DAY:%Y-%m-%dT%H:%M}"
    assert send(browser_of(key_admin), key, not_before=late).context["form"].errors.keys() == {"not_before"}
    later = KeyFactory(not_before=timezone.now() + 50 * DAY)
    assert send(browser_of(key_admin), later, expires="30").context["form"].errors.keys() == {"expires"}


def test_a_name_in_use_is_refused(key_admin: Any, browser_of: Any) -> None:
    organization = OrganizationFactory()
    KeyFactory(organization=organization, name="prod")
    KeyFactory(organization=organization, name="old", state="revoked")
    key = KeyFactory(organization=organization, name="next")
    assert send(browser_of(key_admin), key, name="prod").context["form"].errors.keys() == {"name"}
    assert send(browser_of(key_admin), key, name="old").status_code == 302


def test_what_is_older_than_the_plan_s_terms_stays_as_long_as_nobody_touches_it(
    key_admin: Any, browser_of: Any
) -> None:
    narrow = PlanVersionFactory(api_versions=["v2"], longest_key_days=30, rates={})
    key = KeyFactory(organization__plan_version=narrow, api_versions=["v1", "v2"], expires_at=SOON)
    client = browser_of(key_admin)
    assert send(client, key, name="renamed").status_code == 302
    key.refresh_from_db()
    assert (key.name, key.expires_at) == ("renamed", SOON)
    assert send(client, key, api_versions=["v1"]).context["form"].errors.keys() == {"api_versions"}
    day = f"{timezone.now() + 35 * DAY:%Y-%m-%d}"
    assert send(client, key, expires="day", expires_on=day).context["form"].errors.keys() == {"expires_on"}


def test_a_stale_form_is_refused_and_shows_what_is_newer(key_admin: Any, browser_of: Any) -> None:
    key = KeyFactory(name="prod", purpose="before")
    actions.edit_key(key=key, actor=ACTOR, values={"purpose": "by somebody else"})
    client = browser_of(key_admin)
    answer = send(client, key, name="mine")
    assert answer.status_code == 422
    assert answer.context["form"].newer == [("Name", "prod", "mine"), ("Purpose", "by somebody else", "before")]
    assert "by somebody else" in answer.text
    key.refresh_from_db()
    assert (key.name, key.purpose) == ("prod", "by somebody else")
    # With the newer version in sight the next attempt is one's own decision.
    again = {**filled(key, name="mine"), "version": answer.context["form"]["version"].value()}
    assert client.post(f"/keys/{key.uid}/edit/", again).status_code == 302


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "revoked"}, "is revoked"),
        ({"expires_at": timezone.now() - DAY}, "has expired"),
        ({"organization__status": "closed"}, "is closed"),
    ],
)
def test_a_key_that_is_over_is_not_edited(fields: dict[str, Any], said: str, key_admin: Any, browser_of: Any) -> None:
    key, client = KeyFactory(**fields), browser_of(key_admin)
    assert said in client.get(f"/keys/{key.uid}/edit/", follow=True).text
    answer = send(client, key, name="other", expires="30")
    assert answer.status_code == 422
    assert said in answer.text
    key.refresh_from_db()
    assert key.expires_at == fields.get("expires_at")


def test_a_shorter_life_cuts_an_overlap_short(db: None) -> None:
    until = timezone.now() + 7 * DAY
    old = SecretFactory(state="overlap", overlap_until=until)
    SecretFactory(key=old.key)
    ends = timezone.now() + 2 * DAY
    actions.edit_key(key=old.key, actor=ACTOR, values={"expires_at": ends})
    old.refresh_from_db()
    assert old.overlap_until == ends
    told = Event.objects.get(verb="key.edited").changes["overlap_until"]
    assert told == [f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (until, ends)]


def test_a_shorter_life_ends_a_scheduled_overlap_with_it(db: None) -> None:
    current = SecretFactory(overlap_until=timezone.now() + 9 * DAY)
    SecretFactory(key=current.key, state="pending", activates_at=timezone.now() + 2 * DAY)
    ends = timezone.now() + DAY
    actions.edit_key(key=current.key, actor=ACTOR, values={"expires_at": ends})
    current.refresh_from_db()
    assert current.overlap_until == ends


def test_a_longer_life_revives_no_overlap(db: None) -> None:
    ended = timezone.now() - DAY
    old = SecretFactory(state="overlap", overlap_until=ended, key__expires_at=timezone.now() + DAY)
    actions.edit_key(key=old.key, actor=ACTOR, values={"expires_at": timezone.now() + 90 * DAY})
    old.refresh_from_db()
    assert old.overlap_until == ended


def test_no_field_beyond_the_form_can_be_set(key_admin: Any, browser_of: Any) -> None:
    key = KeyFactory()
    send(
        browser_of(key_admin), key, name="renamed", state="revoked", environment="test", created_by="me", organization=1
    )
    before = (key.state, key.environment, key.created_by, key.organization_id)
    key.refresh_from_db()
    assert (key.state, key.environment, key.created_by, key.organization_id) == before


def test_a_key_is_issued_with_its_terms(key_admin: Any, browser_of: Any) -> None:
    organization = OrganizationFactory()
    begins = (timezone.now() + DAY).replace(second=0, microsecond=0)
    form = {
        "name": "prod",
        "environment": "live",
        "api_versions": ["v1"],
        "expires": "90",
        "allowed_cidrs": "203.0.113.0/24 2001:db8::/32",
        "not_before": f"{begins:%Y-%m-%dT%H:%M}",
        "rotate_every": "90",
        "handover": "show",
    }
    client = browser_of(key_admin, proven=True)
    assert client.post(f"/orgs/{organization.uid}/keys/new/", form).status_code == 200
    key = ApiKey.objects.get(name="prod")
    assert (key.allowed_cidrs, key.not_before, key.rotate_every) == (
        ["203.0.113.0/24", "2001:db8::/32"],
        begins,
        90 * DAY,
    )
    wrong = client.post(f"/orgs/{organization.uid}/keys/new/", {**form, "name": "two", "allowed_cidrs": "nowhere"})
    assert wrong.status_code == 422
    assert '<details class="fold" open>' in wrong.text


def test_a_time_is_taken_as_utc(key_admin: Any, browser_of: Any) -> None:
    key = KeyFactory()
    assert send(browser_of(key_admin), key, not_before="2990-06-01T12:00").status_code == 302
    key.refresh_from_db()
    assert key.not_before == datetime(2990, 6, 1, 12, tzinfo=UTC)


def test_a_narrower_list_is_reviewed_before_it_is_saved(key_admin: Any, browser_of: Any) -> None:
    secret = SecretFactory()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    SecretHour.objects.create(secret=secret, hour=hour, api_version="v2", address="198.51.100.7", admitted=3)
    client, narrow = browser_of(key_admin), {"allowed_cidrs": "203.0.113.0/24"}
    shown = send(client, secret.key, **narrow)
    assert shown.status_code == 200
    assert "would have refused 3 calls of 1 caller" in shown.text
    assert "198.51.100.7" in shown.text
    secret.key.refresh_from_db()
    assert secret.key.allowed_cidrs == []
    seen = shown.context["form"]["reviewed"].value()
    # What was seen counts for these networks alone.
    other = send(client, secret.key, allowed_cidrs="192.0.2.0/24", reviewed=seen)
    assert other.status_code == 200
    assert send(client, secret.key, **narrow, reviewed=seen).status_code == 302
    secret.key.refresh_from_db()
    assert secret.key.allowed_cidrs == ["203.0.113.0/24"]


def test_a_list_that_refuses_nobody_is_saved_at_once(key_admin: Any, browser_of: Any) -> None:
    secret = SecretFactory()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    SecretHour.objects.create(secret=secret, hour=hour, api_version="v2", address="203.0.113.7", admitted=3)
    assert send(browser_of(key_admin), secret.key, allowed_cidrs="203.0.113.0/24").status_code == 302
