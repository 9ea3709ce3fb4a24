"""One line of key=value pairs for each log record, which no value can break into two."""

import json
import logging
import re
from datetime import UTC, datetime

from audit import wording

# The address of a one-time link is part of the link, so no line keeps one, whatever wrote it.
_LINK = re.compile(r"/d/[^\s\"']+")


class Line(logging.Formatter):
    """`at=… level=… logger=… message="…"`, with `request_id` and `traceback` where the record has them."""

    def format(self, record: logging.LogRecord) -> str:
        parts = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            # JSON escapes newlines and control characters: a caller's text cannot forge a second record.
            # A credential that somebody puts into an address is not written down.
            "message": json.dumps(_masked(record.getMessage())),
        }
        request_id = getattr(getattr(record, "request", None), "id", None)
        if request_id:
            parts["request_id"] = request_id
        if record.exc_info:
            parts["traceback"] = json.dumps(_masked(self.formatException(record.exc_info)))
        return " ".join(f"{name}={value}" for name, value in parts.items())


def _masked(text: str) -> str:
    return _LINK.sub("/d/…", wording.masked_all(text, ask=False))
