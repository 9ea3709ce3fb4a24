"""The outbox: sent once, kept while the mail server is away, never stopped by one bad mail."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from orgs import actions, mailing, tasks
from orgs.models import Notice
from tests.at_once import at_once
from tests.cast import ACTOR
from tests.factories import NoticeFactory, StaffFactory

MINUTE = timedelta(minutes=1)


class Post(BaseEmailBackend):
    """A mail server that takes what it is told to take, and keeps it."""

    taken: list[mail.EmailMessage] = []
    answer: Exception | None = None
    only_for = ""
    asked = 0

    def send_messages(self, messages: Any) -> int:
        type(self).asked += 1
        if self.answer is not None and self.only_for in messages[0].to[0]:
            raise self.answer
        self.taken.extend(messages)
        return len(messages)


@pytest.fixture(autouse=True)
def post(settings: Any) -> type[Post]:
    settings.EMAIL_BACKEND = f"{__name__}.Post"
    Post.taken, Post.answer, Post.only_for, Post.asked = [], None, "", 0
    return Post


def test_a_notice_is_sent_once(post: type[Post], db: None) -> None:
    notice = NoticeFactory(subject="Axis API: key", body="Text")
    for _ in range(3):
        tasks.send_notices()
    assert [(sent.to, sent.subject, sent.body) for sent in post.taken] == [([notice.email], "Axis API: key", "Text")]
    notice.refresh_from_db()
    assert (notice.state, notice.attempts, notice.last_error) == ("sent", 1, "")
    assert timezone.now() - notice.sent_at < MINUTE


def test_a_mail_says_that_a_machine_wrote_it_and_whom_to_answer(post: type[Post], db: None) -> None:
    manager = StaffFactory(name="Mina", email="mina@axis.example")
    notice = NoticeFactory(organization__account_manager=manager)
    mailing.send_waiting()
    message = post.taken[0].message()
    assert message["Reply-To"] == "Mina <mina@axis.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].startswith(f"<notice-{notice.pk}-")
    assert not message.is_multipart()


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        smtplib.SMTPServerDisconnected(),
        smtplib.SMTPAuthenticationError(535, b"no"),
    ],
)
def test_a_mail_server_that_is_down_keeps_them_waiting(error: Exception, post: type[Post], db: None) -> None:
    notices = [NoticeFactory() for _ in range(3)]
    post.answer = error
    mailing.send_waiting()
    # The others need not be tried as long as it is down.
    assert post.asked == 1
    first = Notice.objects.get(pk=notices[0].pk)
    assert (first.state, first.attempts) == ("waiting", 1)
    assert type(error).__name__ in first.last_error
    assert first.due_at > timezone.now() + mailing.FIRST_PAUSE - MINUTE / 2
    post.answer = None
    mailing.send_waiting()
    assert len(post.taken) == 2
    Notice.objects.filter(pk=first.pk).update(due_at=timezone.now())
    mailing.send_waiting()
    assert Notice.objects.filter(state="sent").count() == 3


def test_the_pauses_grow_and_end(post: type[Post], db: None) -> None:
    notice = NoticeFactory()
    post.answer = ConnectionRefusedError()
    pauses = []
    for _ in range(8):
        Notice.objects.update(due_at=timezone.now())
        mailing.send_waiting()
        notice.refresh_from_db()
        pauses.append(round((notice.due_at - timezone.now()) / MINUTE, 1))
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    Notice.objects.update(due_at=timezone.now(), created_at=timezone.now() - mailing.GIVEN_UP_AFTER)
    mailing.send_waiting()
    notice.refresh_from_db()
    assert notice.state == "failed"


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (smtplib.SMTPRecipientsRefused({"x": (550, b"no such user")}), "failed", "550 no such user"),
        (smtplib.SMTPRecipientsRefused({"x": (451, b"try later")}), "waiting", "451 try later"),
        (smtplib.SMTPDataError(554, b"refused"), "failed", "554"),
        (ValueError("an address that cannot be written"), "failed", "cannot be written"),
    ],
)
def test_one_bad_mail_does_not_stop_the_others(
    error: Exception, state: str, said: str, post: type[Post], db: None
) -> None:
    bad, good = NoticeFactory(email="bad@studio.example"), NoticeFactory()
    post.answer, post.only_for = error, "bad@"
    mailing.send_waiting()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == (state, "sent")
    assert said in bad.last_error


def test_whoever_is_no_contact_any_more_is_not_written_to(post: type[Post], db: None) -> None:
    notice = NoticeFactory()
    actions.remove_contact(contact=notice.organization.contacts.get(), actor=ACTOR)
    mailing.send_waiting()
    notice.refresh_from_db()
    assert (notice.state, post.taken) == ("dropped", [])


def test_a_subject_with_a_line_break_is_never_sent(db: None, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    bad, good = NoticeFactory(subject="key\nBcc: all@evil.example"), NoticeFactory()
    mailing.send_waiting()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == ("failed", "sent")
    assert [sent.to for sent in mail.outbox] == [[good.email]]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_send_each_mail_once(post: type[Post]) -> None:
    for _ in range(20):
        NoticeFactory()
    at_once(tasks.send_notices, tasks.send_notices)
    addresses = [sent.to[0] for sent in post.taken]
    assert len(addresses) == 20
    assert len(set(addresses)) == 20
    assert Notice.objects.filter(state="sent", attempts=1).count() == 20


@pytest.mark.django_db(transaction=True)
def test_what_dies_before_it_was_sent_is_sent_by_the_next_sweep(
    post: type[Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    NoticeFactory()

    class Killed(BaseException):
        """The process ends here."""

    def die(notice: Notice) -> Any:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(mailing, "_message", die)
        with pytest.raises(Killed):
            mailing.send_waiting()
    assert Notice.objects.waiting().count() == 1
    mailing.send_waiting()
    assert len(post.taken) == 1


def test_celery_runs_the_sweep(post: type[Post], db: None) -> None:
    NoticeFactory()
    tasks.send_notices.apply(throw=True)
    assert len(post.taken) == 1


def test_only_what_is_done_with_is_forgotten(db: None) -> None:
    long_ago = timezone.now() - timedelta(days=500)
    NoticeFactory(created_at=long_ago, state="sent", sent_at=long_ago)
    kept = [NoticeFactory(created_at=long_ago), NoticeFactory(state="sent", sent_at=timezone.now())]
    tasks.forget_notices()
    assert set(Notice.objects.all()) == set(kept)


def test_the_contacts_page_shows_what_waits_and_why(key_admin: Any, browser_of: Any) -> None:
    notice = NoticeFactory(attempts=2, last_error="ConnectionRefusedError: [Errno 111]")
    page = browser_of(key_admin).get(f"/orgs/{notice.organization.uid}/contacts/").text
    assert "Mails to these contacts wait." in page
    assert "ConnectionRefusedError" in page


def test_what_is_only_printed_is_not_shown_as_sent(key_admin: Any, browser_of: Any, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    notice = NoticeFactory()
    tasks.send_notices()
    page = browser_of(key_admin).get(f"/orgs/{notice.organization.uid}/contacts/").text
    assert "Printed" in page
    assert "no mail server is set up" in page
    assert ">Sent<" not in page
