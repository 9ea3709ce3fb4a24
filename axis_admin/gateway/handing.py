"""How the gateway's processes hand a batch to the intake server, where there is one."""

import http.client
import logging

from django.conf import settings

from axis_admin.gateway import intake, plain, problems
from axis_admin.gateway.plain import Answer
from axis_admin.intake.connection import Connection

logger = logging.getLogger(__name__)

# A batch waits for the periods that are being closed, and for others of its organizations: seconds, not half a minute.
PATIENCE_SECONDS = 30.0
_KEPT = ("Content-Type", "Cache-Control", "Retry-After")


def hand(body: bytes, *, gateway: str, dry_run: bool, id: str) -> Answer | None:
    """Return the intake server's answer to a batch, None where it does not listen: then nobody has the batch.

    `gateway` is the uid of who reports, `id` the request's. Where nobody knows what became of the batch, the answer is
    to send it again: each of its generations still counts once.
    """
    connection = _connected()
    if connection is None:
        return None
    headers = {intake.GATEWAY: gateway, intake.DRY_RUN: str(dry_run).lower(), intake.REQUEST_ID: id}
    try:
        connection.request("POST", "/", body, headers)
        return _told(connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        logger.warning("the intake server did not answer: %r", error)
        return plain.problem(problems.cannot_tell())
    finally:
        connection.close()


def _told(answer: http.client.HTTPResponse) -> Answer:
    body = answer.read()
    if not body:
        raise http.client.IncompleteRead(body)
    headers = [(name, value) for name in _KEPT if (value := answer.headers[name])]
    return Answer(f"{answer.status} {answer.reason}", headers, body)


def _connected() -> Connection | None:
    if not settings.INTAKE_SOCKET:
        return None
    connection = Connection(settings.INTAKE_SOCKET, timeout=PATIENCE_SECONDS)
    try:
        connection.connect()
    except OSError:
        return None
    return connection
