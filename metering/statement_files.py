"""The files in which a document is handed out: PDF, XLSX, CSV, and the JSON whose hash is the document's."""

import json
from collections.abc import Callable

from metering import papers
from metering.models import Statement
from metering.papers import csv, pdf, xlsx
from metering.papers.reading import Paper
from orgs.attachments import File

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_Maker = Callable[[Paper, str], bytes]
_FORMATS: dict[str, tuple[str, _Maker]] = {
    "pdf": ("application/pdf", lambda paper, sha256: pdf.drawn(paper, sha256=sha256)),
    "xlsx": (XLSX, lambda paper, sha256: xlsx.written(paper, sha256=sha256)),
    "csv": ("text/csv; charset=utf-8", lambda paper, _: csv.written(paper)),
}
FORMATS = (*_FORMATS, "json")


def made(statement: Statement, extension: str) -> File:
    """Make one of FORMATS from the document; the JSON is the very bytes that were hashed. KeyError for another."""
    name = f"{statement.number}.{extension}"
    if extension == "json":
        return File(name, statement.document.encode(), "application/json")
    media_type, make = _FORMATS[extension]
    return File(name, make(papers.read(json.loads(statement.document)), statement.sha256), media_type)


def attached(uid: str) -> File:
    """Make the PDF that goes with a mail; LookupError where there is no such statement."""
    statement = Statement.objects.filter(uid=uid).first()
    if statement is None:
        raise LookupError(f"There is no statement {uid}.")
    return made(statement, "pdf")
