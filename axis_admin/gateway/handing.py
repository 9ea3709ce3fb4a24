"""How the gateway's processes hand a batch to the intake server, where there is one."""

import http.client
import logging
import threading
from collections.abc import Mapping

from django.conf import settings

from axis_admin.gateway import intake, plain, problems
from axis_admin.gateway.plain import Answer
from axis_admin.intake.connection import Connection

logger = logging.getLogger(__name__)

# A batch waits for the periods that are being closed, and for others of its organizations: seconds, not half a minute.
PATIENCE_SECONDS = 30.0
# Of one process, whose other threads are for verdicts: they never wait for an intake server that is slow, or hangs.
MOST_AT_ONCE = 6
_KEPT = ("Content-Type", "Cache-Control", "Retry-After")
_NOBODY = (FileNotFoundError, ConnectionRefusedError)
_at_once = threading.BoundedSemaphore(MOST_AT_ONCE)


def hand(body: bytes, *, gateway: str, dry_run: bool, id: str) -> Answer | None:
    """Return the intake server's answer to a batch, None where it does not listen: then nobody has the batch.

    `gateway` is the uid of who reports, `id` the request's. Where nobody knows what became of the batch, or too many
    wait already, the answer is to send it again: each of its generations still counts once.
    """
    if not settings.INTAKE_SOCKET:
        return None
    if not _at_once.acquire(blocking=False):
        return plain.problem(_too_many())
    request = plain.Named(id)
    headers = {intake.GATEWAY: gateway, intake.DRY_RUN: str(dry_run).lower(), intake.REQUEST_ID: id}
    try:
        return _asked(body, headers, request)
    finally:
        _at_once.release()


def _asked(body: bytes, headers: Mapping[str, str], request: plain.Named) -> Answer | None:
    connection = _connected(request)
    if connection is None:
        return None
    try:
        connection.request("POST", "/", body, headers)
        answer = _told(connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        logger.warning("the intake server did not answer: %r", error, extra={"request": request})
        return plain.problem(problems.cannot_tell())
    finally:
        connection.close()
    if not answer.status.startswith("200"):
        logger.warning("a batch was answered %s", answer.status, extra={"request": request})
    return answer


def _connected(request: plain.Named) -> Connection | None:
    connection = Connection(settings.INTAKE_SOCKET, timeout=PATIENCE_SECONDS)
    try:
        connection.connect()
    except OSError as error:
        if not isinstance(error, _NOBODY):
            logger.warning("the intake server cannot be reached: %r", error, extra={"request": request})
        return None
    return connection


def _too_many() -> problems.Problem:
    detail = f"At most {MOST_AT_ONCE} batches at once in this process. Send it again."
    return problems.Problem("too-many-calls", detail, headers={"Retry-After": "1"})


def _told(answer: http.client.HTTPResponse) -> Answer:
    body = answer.read()
    if not body:
        raise http.client.IncompleteRead(body)
    headers = [(name, value) for name in _KEPT if (value := answer.headers[name])]
    return Answer(f"{answer.status} {answer.reason}", headers, body)
