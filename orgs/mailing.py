"""Send what waits in the outbox. Two sweeps at once share the work, and none of it is done twice.

Each mail is sent and marked in a transaction of its own, its row locked. Only where the process dies, or the database
goes away, between the mail server's yes and the commit, is that one mail sent again, under the same Message-ID.
"""

import logging
import smtplib
from datetime import datetime, timedelta
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.utils import timezone

from audit import wording
from orgs import attachments, notices
from orgs.models import Notice

logger = logging.getLogger(__name__)

# So that a sweep ends before it is called late; the next one goes on.
MOST = 200
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
GIVEN_UP_AFTER = timedelta(days=3)
_PERMANENT = 500
NO_SERVER = "no mail server is set up"
# Backends that deliver to nobody.
_NOWHERE = tuple(f"django.core.mail.backends.{name}." for name in ("console", "locmem", "dummy", "filebased"))


def reaches_people() -> bool:
    """Say whether mail of this installation reaches anybody, or is only printed."""
    return not settings.EMAIL_BACKEND.startswith(_NOWHERE)


def send_waiting() -> int:
    """Send what is due, up to MOST; returns how many were sent. A mail server that is down ends the sweep."""
    post, sent = mail.get_connection(), 0
    try:
        for _ in range(MOST):
            outcome = _send_next(post)
            if outcome is None:
                break
            sent += outcome
    finally:
        post.close()
    return sent


@transaction.atomic
def _send_next(post: Any) -> bool | None:
    """Send the notice that is due first, and say whether it was sent; None where there is none, or no mail server."""
    now = timezone.now()
    due = Notice.objects.waiting().filter(due_at__lte=now).order_by("due_at", "id")
    rows = due.select_for_update(skip_locked=True, of=("self",)).select_related("organization__account_manager")
    notice = rows.first()
    if notice is None:
        return None
    if not notices.is_still_told(notice):
        return _leave(notice, Notice.State.DROPPED, "no longer a contact")
    return _try(post, notice, now=now)


def _try(post: Any, notice: Notice, *, now: datetime) -> bool | None:
    try:
        # One connection for the whole sweep; opening it again does nothing.
        post.open()
        post.send_messages([_message(notice)])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return _refused(notice, f"{code} {said.decode(errors='replace')}", permanent=code >= _PERMANENT, now=now)
    except smtplib.SMTPDataError as error:
        return _refused(notice, str(error), permanent=error.smtp_code >= _PERMANENT, now=now)
    except (smtplib.SMTPNotSupportedError, ValueError, LookupError) as error:
        return _refused(notice, f"{type(error).__name__}: {error}", permanent=True, now=now)
    except OSError as error:
        # The server, not this mail: the others need not be tried now.
        logger.warning("the mail server takes no mail: %s", type(error).__name__)
        _refused(notice, f"{type(error).__name__}: {error}", permanent=False, now=now)
        return None
    notice.sent_at, notice.attempts = timezone.now(), notice.attempts + 1
    # Whom it reached stands with it: a mail server may be set up, or taken away, later.
    _leave(notice, Notice.State.SENT, "" if reaches_people() else NO_SERVER)
    return True


def _message(notice: Notice) -> mail.EmailMessage:
    manager = notice.organization.account_manager
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    message = mail.EmailMessage(
        notice.subject,
        notice.body,
        settings.DEFAULT_FROM_EMAIL,
        [notice.email],
        reply_to=[formataddr((manager.name, manager.email))] if manager and manager.is_active else None,
        headers={
            "Message-ID": f"<notice-{notice.pk}-{notice.created_at.timestamp():.0f}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    if notice.attachment:
        file = attachments.named(notice.attachment)
        message.attach(file.name, file.content, file.media_type)
    return message


def _refused(notice: Notice, error: str, *, permanent: bool, now: datetime) -> bool:
    notice.attempts += 1
    if permanent or now - notice.created_at >= GIVEN_UP_AFTER:
        return _leave(notice, Notice.State.FAILED, error)
    notice.due_at = now + min(FIRST_PAUSE * 2 ** min(notice.attempts - 1, 10), LONGEST_PAUSE)
    return _leave(notice, Notice.State.WAITING, error)


def _leave(notice: Notice, state: str, error: str) -> bool:
    notice.state, notice.last_error = state, wording.neutral(wording.one_line(error), 200)
    notice.save(update_fields=["state", "last_error", "attempts", "due_at", "sent_at"])
    return False
