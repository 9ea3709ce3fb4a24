"""Mail a one-time link to its recipient: at once and by the process that made it, since the link is a secret.

Never through the outbox or Celery, where it would be written down on its way.
"""

import smtplib
from email.utils import parseaddr

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email

from keys.models import DeliveryLink
from orgs import mailing

# Somebody waits for the page.
TIMEOUT_SECONDS = 10
_TEXT = """A key for the Axis API was made for {organization}.

Open this link where you can store the key at once. It shows the key once, and works until {until} UTC:

{url}

If the link was opened before you came, tell us: we replace the key.
"""


def is_set_up() -> bool:
    """Say whether mail of this installation reaches anybody."""
    return mailing.reaches_people()


def address_in(recipient: str) -> str | None:
    """Return the address in `Ops <ops@studio.example>` or in the address alone; None where there is none."""
    address = parseaddr(recipient)[1]
    try:
        validate_email(address)
    except ValidationError:
        return None
    return address


def send(link: DeliveryLink, *, url: str) -> bool:
    """Mail the link to its recipient; say whether the mail server took it."""
    address = address_in(link.recipient)
    if address is None:
        return False
    text = _TEXT.format(organization=link.organization, until=f"{link.expires_at:%-d %b %Y, %H:%M}", url=url)
    connection = get_connection(timeout=TIMEOUT_SECONDS)
    try:
        return bool(EmailMessage("Your key for the Axis API", text, to=[address], connection=connection).send())
    except (smtplib.SMTPException, OSError):
        return False
