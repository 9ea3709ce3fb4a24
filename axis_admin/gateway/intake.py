"""The server that judges batches of generations: apart from the gateway's processes, so that no verdict waits for them.

It listens on a unix socket in a folder of its own. Who reports was asked before, and is believed here: whoever may open
the socket may report as any gateway.
"""

from collections.abc import Iterable

from django.db import close_old_connections

from axis_admin.gateway import connections, plain, reports

GATEWAY, DRY_RUN, REQUEST_ID = "X-Axis-Gateway", "X-Axis-Dry-Run", "X-Request-Id"


def application(environ: plain.Environ, start_response: plain.StartResponse) -> Iterable[bytes]:
    """Answer a batch as the gateway's view does; GET whether this process works."""
    if environ["REQUEST_METHOD"] == "GET":
        return plain.Answer("200 OK", (), b"ok").send(start_response)
    close_old_connections()
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    gateway, dry_run = environ[_named(GATEWAY)], environ[_named(DRY_RUN)] == "true"
    try:
        answer = plain.answer(reports.count, body, gateway, dry_run, id=environ[_named(REQUEST_ID)])
    finally:
        connections.leave_no_broken_one()
    return answer.send(start_response)


def _named(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"
