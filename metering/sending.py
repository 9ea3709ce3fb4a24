"""A document goes to the customer once more, because somebody asks for it."""

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from audit.verbs import Verb
from metering import fences, statement_mail
from metering.models import Statement
from orgs.models import Notice


@transaction.atomic
def send_statement(*, statement: Statement, actor: trail.Actor, reason: str, ticket: str = "") -> list[Notice]:
    """Write the mails to the billing contacts again, with the document as it was issued; returns them.

    ValidationError where the organization has no contact to write to.
    """
    # Two who press the button at once send it twice, one after the other.
    fences.alone(statement.organization_id)
    occasions = {mail.about for mail in statement_mail.sent(statement)}
    again = f"again-{len(occasions)}"
    if not statement_mail.tell(statement, statement.organization, again=again):
        raise ValidationError(f"{statement.organization} has no contact to send it to. Nothing was sent.")
    mails = [mail for mail in statement_mail.sent(statement) if mail.about.endswith(f"/{again}")]
    trail.record(
        Verb.STATEMENT_SENT,
        actor=actor,
        target=statement.target,
        organization=statement.organization.target,
        detail={"recipients": ", ".join(sorted(mail.email for mail in mails))},
        reason=reason,
        ticket=ticket,
    )
    return mails
