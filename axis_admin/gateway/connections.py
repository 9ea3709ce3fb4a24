"""What Django does around every request, done here only for whom it does something: validate asks memory and Valkey."""

from collections.abc import Mapping
from typing import Any

from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, reset_queries

# It asks once more on a connection that has died; all others have theirs looked at before.
SELF_RELIANT = "/gateway/v1/keys/validate"


def spare() -> None:
    """Have this process, of the gateway's surface alone, look after connections only where that is needed."""
    # No query is kept without DEBUG, and no endpoint of this surface has a cache.
    request_started.disconnect(reset_queries)
    request_finished.disconnect(close_caches)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_started.connect(_look_at_connections)
    request_finished.connect(leave_no_broken_one)


def _look_at_connections(environ: Mapping[str, Any], **_: Any) -> None:
    if environ.get("PATH_INFO") != SELF_RELIANT:
        close_old_connections()


def leave_no_broken_one(**_: Any) -> None:
    """Let go of this thread's connection where something went wrong with it."""
    if connection.connection is not None and (connection.errors_occurred or not connection.autocommit):
        close_old_connections()
