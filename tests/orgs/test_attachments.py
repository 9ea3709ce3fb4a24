"""A file goes with a mail: named in the outbox, made when the mail is sent."""

import pytest
from django.core import mail
from django.db import transaction

from orgs import attachments, mailing, notices
from orgs.attachments import File
from orgs.models import Contact, Notice, Organization
from tests.factories import ContactFactory

FACTS = {"number": "HALIDE-2026-10", "period": "October 2026", "total": "€12.00"}


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(attachments._makers, "paper", lambda of: File(f"{of}.pdf", b"%PDF-1.4", "application/pdf"))


@pytest.fixture
def halide(db: None) -> Organization:
    contact = ContactFactory(kind=Contact.Kind.BILLING, email="accounts@halide.example")
    return contact.organization


def _tell(organization: Organization, attachment: str, *, is_asked_for: bool = False) -> int:
    with transaction.atomic():
        return notices.tell(
            organization=organization,
            kind=Notice.Kind.STATEMENT_ISSUED,
            about="stm_1/issued",
            facts=FACTS,
            attachment=attachment,
            is_asked_for=is_asked_for,
        )


def test_the_mail_carries_the_file(halide: Organization, paper: None) -> None:
    assert _tell(halide, "paper/october") == 1
    assert mailing.send_waiting() == 1
    assert mail.outbox[0].attachments == [("october.pdf", b"%PDF-1.4", "application/pdf")]


@pytest.mark.parametrize("name", ["nothing/1", "paper/gone"])
def test_a_file_that_is_not_there_fails_the_mail_for_good(
    halide: Organization, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def gone(id: str) -> File:
        raise LookupError(id)

    monkeypatch.setitem(attachments._makers, "paper", gone)
    _tell(halide, name)
    assert mailing.send_waiting() == 0
    assert (Notice.objects.get().state, mail.outbox) == (Notice.State.FAILED, [])


def test_who_muted_the_kind_gets_it_only_from_a_person_who_sends_it(halide: Organization, paper: None) -> None:
    halide.muted_notices = [Notice.Kind.STATEMENT_ISSUED]
    assert _tell(halide, "paper/october") == 0
    assert _tell(halide, "paper/october", is_asked_for=True) == 1


def test_without_an_attachment_a_mail_has_none(halide: Organization) -> None:
    _tell(halide, "")
    mailing.send_waiting()
    assert mail.outbox[0].attachments == []
