"""One line of key=value pairs for each log record, which no value can break into two."""

import json
import logging
from datetime import UTC, datetime

from audit import wording


class Line(logging.Formatter):
    """`at=… level=… logger=… message="…"`, with `request_id` and `traceback` where the record has them."""

    def format(self, record: logging.LogRecord) -> str:
        parts = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            # JSON escapes newlines and control characters: a caller's text cannot forge a second record.
            # A credential that somebody puts into an address is not written down.
            "message": json.dumps(wording.masked(record.getMessage())),
        }
        request_id = getattr(getattr(record, "request", None), "id", None)
        if request_id:
            parts["request_id"] = request_id
        if record.exc_info:
            parts["traceback"] = json.dumps(wording.masked(self.formatException(record.exc_info)))
        return " ".join(f"{name}={value}" for name, value in parts.items())
