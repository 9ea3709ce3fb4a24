"""Billing contacts get each document once, with its PDF; again where somebody asks for it, with a reason."""

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from audit.models import Event
from audit.trail import ReasonRequired
from metering import actions, statement_files, statement_mail
from metering.models import BillingPeriod, Statement
from orgs import mailing
from orgs.models import Contact, Notice, Organization
from tests.cast import ACTOR
from tests.factories import ContactFactory, OrganizationFactory
from tests.metering.statements.given import ISSUED, a_credit, an_october, issued


@pytest.fixture
def accounts(halide: Organization) -> Contact:
    ContactFactory(organization=halide, kind=Contact.Kind.TECHNICAL, email="ops@halide.example")
    return ContactFactory(organization=halide, kind=Contact.Kind.BILLING, email="accounts@halide.example")


def _send(statement: Statement, reason: str = "They lost it") -> list[Notice]:
    return actions.send_statement(statement=statement, actor=ACTOR, reason=reason)


def test_it_is_mailed_when_it_is_issued(accounts: Contact, statement: Statement) -> None:
    assert mailing.send_waiting() == 1
    (sent,) = mail.outbox
    assert sent.to == ["accounts@halide.example"]
    assert sent.subject == "Axis API: Statement HALIDE-SONS-2026-10 for Halide & Sons"
    assert "€12,117.25" in sent.body
    pdf = statement_files.made(statement, "pdf")
    assert sent.attachments == [("HALIDE-SONS-2026-10.pdf", pdf.content, "application/pdf")]
    assert pdf.content.startswith(b"%PDF-")


def test_a_period_without_any_line_is_not_written_about(accounts: Contact, october: BillingPeriod) -> None:
    issued(october, lines=())
    assert not Notice.objects.exists()


def test_a_credit_note_is_mailed_too(accounts: Contact, statement: Statement) -> None:
    note = actions.issue_credit_note(adjustment=a_credit(statement.period), actor=ACTOR, now=ISSUED)
    assert mailing.send_waiting() == 2
    assert mail.outbox[1].subject == "Axis API: Credit note HALIDE-SONS-2026-10-CN1 for Halide & Sons"
    assert mail.outbox[1].attachments[0][0] == f"{note.number}.pdf"


def test_who_does_not_want_to_hear_of_it_gets_it_only_when_asked(db: None) -> None:
    quiet = OrganizationFactory(muted_notices=[Notice.Kind.STATEMENT_ISSUED])
    ContactFactory(organization=quiet, kind=Contact.Kind.BILLING)
    statement = issued(an_october(quiet))
    assert not Notice.objects.exists()
    assert len(_send(statement)) == 1


def test_somebody_sends_it_again_as_often_as_needed(accounts: Contact, statement: Statement) -> None:
    for _ in range(2):
        (notice,) = _send(statement)
        assert notice.attachment == f"statement/{statement.uid}"
    assert len(statement_mail.sent(statement)) == 3
    event = Event.objects.filter(verb="statement.sent").latest("id")
    assert (event.reason, event.detail["recipients"]) == ("They lost it", "accounts@halide.example")
    assert mailing.send_waiting() == 3
    assert len({sent.attachments[0] for sent in mail.outbox}) == 1


def test_without_a_reason_it_is_not_sent(accounts: Contact, statement: Statement) -> None:
    with pytest.raises(ReasonRequired):
        _send(statement, reason="")
    assert len(statement_mail.sent(statement)) == 1


def test_without_a_contact_it_cannot_be_sent(statement: Statement) -> None:
    with pytest.raises(ValidationError, match="no contact to send it to"):
        _send(statement)
