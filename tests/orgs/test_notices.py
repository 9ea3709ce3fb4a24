"""Who is told of what, and what the mail says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from audit.models import Event
from keys import actions as key_actions
from orgs import actions, letters, notices, plans
from orgs.models import Notice
from tests.cast import ACTOR
from tests.factories import ContactFactory, OrganizationFactory, SecretFactory, StaffFactory

DAY = timedelta(days=1)
WHY = {"reason": "because of a dispute that is nobody's business", "ticket": "SUP-4"}


def told(kind: str = "") -> list[tuple[str, str]]:
    """The addresses that notices were written to, with their kinds."""
    rows = Notice.objects.filter(kind=kind) if kind else Notice.objects.all()
    return sorted(rows.values_list("email", "kind"))


@pytest.fixture
def studio(db: None) -> Any:
    """A customer in Lisbon with a contact of each kind; one address is two of them."""
    organization = OrganizationFactory(name="Halide & Sons", slug="halide", time_zone="Europe/Lisbon")
    for kind in ("technical", "billing", "security"):
        ContactFactory(organization=organization, kind=kind, email=f"{kind}@halide.example", name=kind.capitalize())
    ContactFactory(organization=organization, kind="security", email="technical@halide.example")
    return organization


def test_technical_contacts_are_told_of_keys_and_security_of_a_revoked_one(studio: Any) -> None:
    key, text = key_actions.issue_key(
        organization=studio, actor=ACTOR, name="prod", environment="live", api_versions=["v1"], expires_at=_in_a_year()
    )
    _, new = key_actions.rotate_key(key=key, actor=ACTOR, overlap=DAY)
    key_actions.pause_key(key=key, actor=ACTOR, **WHY)
    key_actions.resume_key(key=key, actor=ACTOR)
    key_actions.revoke_key(key=key, actor=ACTOR, code="leaked", **WHY)
    technical = "technical@halide.example"
    assert told() == sorted(
        [
            ("security@halide.example", "key_revoked"),
            *((technical, kind) for kind in ("key_issued", "key_paused", "key_paused", "key_revoked", "key_rotated")),
        ]
    )
    bodies = "\n".join(Notice.objects.values_list("body", flat=True))
    assert text not in bodies
    assert new not in bodies
    assert "dispute" not in bodies
    assert "SUP-4" not in bodies
    assert f"axk_live_{text.split('_')[2]}" in bodies


def test_technical_and_billing_contacts_are_told_of_the_organization(studio: Any) -> None:
    actions.suspend_organization(organization=studio, actor=ACTOR, **WHY)
    actions.reinstate_organization(organization=studio, actor=ACTOR, **WHY)
    actions.change_plan(organization=studio, actor=ACTOR, plan_version=plans.latest("enterprise"), **WHY)
    subjects = Notice.objects.filter(email="billing@halide.example").order_by("pk").values_list("subject", flat=True)
    assert list(subjects) == [
        "Axis API: Halide & Sons is suspended",
        "Axis API: Halide & Sons is reinstated",
        "Axis API: Limits of Halide & Sons changed",
    ]
    assert not Notice.objects.filter(email="security@halide.example").exists()


def test_suspending_twice_is_told_twice(studio: Any) -> None:
    for _ in range(2):
        actions.suspend_organization(organization=studio, actor=ACTOR, **WHY)
        actions.reinstate_organization(organization=studio, actor=ACTOR, **WHY)
    assert Notice.objects.filter(email="billing@halide.example").count() == 4


def test_a_draft_is_told_nothing_of_its_plan(db: None) -> None:
    draft = ContactFactory(organization__status="draft").organization
    actions.change_plan(organization=draft, actor=ACTOR, plan_version=plans.latest("enterprise"), **WHY)
    assert not told()


def test_without_a_contact_whose_business_it_is_all_are_told(db: None) -> None:
    organization = ContactFactory(kind="billing", email="office@studio.example").organization
    key_actions.pause_key(key=SecretFactory(key__organization=organization).key, actor=ACTOR, **WHY)
    assert told() == [("office@studio.example", "key_paused")]


def test_without_contacts_there_is_nobody_to_tell(db: None) -> None:
    key_actions.pause_key(key=SecretFactory().key, actor=ACTOR, **WHY)
    assert not told()


def test_each_address_is_told_once_of_the_same_thing(studio: Any) -> None:
    facts = {"at": "now"}
    for _ in range(3):
        with transaction.atomic():
            notices.tell(organization=studio, kind="organization_suspended", about="halide/suspended/1", facts=facts)
    assert len(told("organization_suspended")) == 2


def test_what_is_rolled_back_is_not_told(studio: Any) -> None:
    with transaction.atomic():
        actions.suspend_organization(organization=studio, actor=ACTOR, **WHY)
        assert told()
        transaction.set_rollback(True)
    assert not told()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_outside_the_transaction_of_its_change() -> None:
    organization = ContactFactory().organization
    with pytest.raises(RuntimeError):
        notices.tell(organization=organization, kind="organization_suspended", about="x", facts={"at": "now"})


def test_a_kind_that_is_switched_off_is_not_told(studio: Any, account_manager: Any, browser_of: Any) -> None:
    studio.account_manager = account_manager
    _save(studio)
    client = browser_of(account_manager)
    kept = [kind for kind in Notice.Kind.values if kind != "key_paused"]
    assert client.post(f"/orgs/{studio.uid}/contacts/notices/", {"told": kept}).status_code == 302
    key = SecretFactory(key__organization=studio).key
    key_actions.pause_key(key=key, actor=ACTOR, **WHY)
    key_actions.revoke_key(key=key, actor=ACTOR, code="leaked", **WHY)
    assert {kind for _, kind in told()} == {"key_revoked"}
    event = Event.objects.get(verb="contact.notices_changed")
    assert event.changes == {"not_told": [None, "key_paused"]}
    page = client.get(f"/orgs/{studio.uid}/contacts/").text
    assert page.count("checked") == len(kept)
    # The same again is no change.
    client.post(f"/orgs/{studio.uid}/contacts/notices/", {"told": kept})
    assert Event.objects.filter(verb="contact.notices_changed").count() == 1


def test_an_unknown_kind_is_refused(studio: Any, key_admin: Any, browser_of: Any) -> None:
    answer = browser_of(key_admin).post(f"/orgs/{studio.uid}/contacts/notices/", {"told": ["everything"]})
    assert answer.status_code == 422
    assert not Event.objects.filter(verb="contact.notices_changed").exists()


def test_a_viewer_sees_what_is_told_and_changes_nothing(studio: Any, viewer: Any, browser_of: Any) -> None:
    actions.suspend_organization(organization=studio, actor=ACTOR, **WHY)
    client = browser_of(viewer)
    page = client.get(f"/orgs/{studio.uid}/contacts/").text
    assert "Halide &amp; Sons is suspended" in page
    assert "<form" not in page.split("<main")[1].split("</main")[0]
    assert client.post(f"/orgs/{studio.uid}/contacts/notices/", {}).status_code == 403


def test_an_organization_and_its_contact_can_be_made_at_once(administrator: Any, browser_of: Any) -> None:
    form = {"name": "New Studio", "plan": "standard", "time_zone": "UTC", "contact_email": "dev@new.example"}
    assert browser_of(administrator).post("/orgs/new/", form).status_code == 302
    assert not told()


def test_a_mail_says_what_happened_when_and_what_to_do(studio: Any) -> None:
    studio.account_manager = StaffFactory(name="Mina", email="mina@axis.example")
    _save(studio)
    key = SecretFactory(key__organization=studio, key__name="render-farm-prod").key
    key_actions.pause_key(key=key, actor=ACTOR, **WHY)
    notice = Notice.objects.get()
    assert notice.subject == "Axis API: Key render-farm-prod of Halide & Sons is paused"
    assert "A key of your organization was paused." in notice.body
    assert "code PAUSED" in notice.body
    assert "Europe/Lisbon" in notice.body or " UTC" in notice.body
    assert "Mina <mina@axis.example>" in notice.body.replace("\n", " ")
    assert "technical contact" in notice.body.replace("\n", " ")
    assert max(map(len, notice.body.splitlines())) <= 80
    assert "http" not in notice.body


@pytest.mark.parametrize("name", sorted(letters.LETTERS))
def test_no_fact_can_break_a_line_or_hide_a_key(name: str) -> None:
    hostile = f"a\r\nBcc: all@evil.example\u2028\u202e axk_live_{'a' * 12}_{'b' * 38} {{organization}}"
    facts = dict.fromkeys(("organization", "name", "key", "prefix", "at", "expires", "day", "left"), hostile)
    facts |= dict.fromkeys(
        ("environment", "versions", "begins", "stops", "old", "new", "why", "what", "before", "after"), hostile
    )
    facts |= dict.fromkeys(
        ("starts", "ends", "cap", "plan", "used", "share", "until", "whose", "limit", "meaning"), hostile
    )
    facts |= dict.fromkeys(("number", "period", "total", "statement"), hostile)
    written = letters.write(name, facts, recipient=hostile, questions=hostile)
    assert written.subject.isprintable()
    assert len(written.subject) <= letters.LONGEST_SUBJECT
    assert "b" * 38 not in written.subject + written.body
    assert not any(line.startswith("Bcc") for line in written.body.splitlines())
    assert "\u202e" not in written.body


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "1 Jul 2026, 23:30 UTC"),
        ("Europe/Lisbon", "2 Jul 2026, 00:30 Europe/Lisbon (1 Jul, 23:30 UTC)"),
        ("America/New_York", "1 Jul 2026, 19:30 America/New_York (23:30 UTC)"),
    ],
)
def test_a_time_is_told_on_the_customer_s_clock(zone: str, said: str) -> None:
    organization = OrganizationFactory.build(time_zone=zone, plan_version=None)
    assert notices.moment(datetime(2026, 7, 1, 23, 30, tzinfo=UTC), organization) == said


def test_every_kind_has_recipients_and_a_letter() -> None:
    assert set(notices.RECIPIENTS) == set(Notice.Kind)
    assert set(Notice.Kind.values) <= set(letters.LETTERS)


def _in_a_year() -> datetime:
    return datetime.now(UTC) + 300 * DAY


def _save(organization: Any) -> None:
    from tests.factories import record_fixture

    with transaction.atomic():
        organization.save()
        record_fixture(organization.uid)


def test_what_was_told_of_a_rotation_is_put_right_when_it_changes(studio: Any) -> None:
    key = SecretFactory(key__organization=studio, key__name="prod").key
    key_actions.rotate_key(key=key, actor=ACTOR, overlap=DAY)
    key_actions.extend_overlap(key=key, actor=ACTOR, until=datetime.now(UTC) + 2 * DAY)
    key_actions.undo_rotation(key=key, actor=ACTOR, reason="too early")
    key_actions.rotate_key(key=key, actor=ACTOR, overlap=DAY)
    key_actions.end_old_secret(key=key, actor=ACTOR, reason="all have moved")
    key_actions.schedule_rotation(key=key, actor=ACTOR, at=datetime.now(UTC) + DAY, overlap=DAY)
    key_actions.cancel_rotation(key=key, actor=ACTOR)
    key_actions.rotate_key(key=key, actor=ACTOR, overlap=0 * DAY)
    subjects = Notice.objects.filter(kind="key_rotated").order_by("pk").values_list("subject", flat=True)
    new, changed, back = "has a new secret", "another end", "was taken back"
    assert [next(each for each in (new, changed, back) if each in subject) for subject in subjects] == [
        *(new, changed, back),
        *(new, changed),
        *(new, back),
        new,
    ]
    assert "stopped at once" in Notice.objects.latest("pk").body.replace("\n", " ")
