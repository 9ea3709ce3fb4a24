"""What an export is called: on pages, and as a file. Pure."""

from typing import Any

from django.utils.text import slugify

from audit import plurals
from metering.explorer import Filter
from metering.models import Export

_LONGEST_NAME = 80
LEAVE = "You may leave this page: the work goes on."
# Its rows are counted at one moment; half of it from another would not add up.
ANEW = "If its worker is stopped, the table is counted anew from the first row."


def title(asked: Filter, what: str) -> str:
    """Name a file by what is in it: Generations of Halide & Sons, 1 to 24 Nov 2026."""
    noun = "Generations" if what == Export.What.GENERATIONS else f"Usage by {asked.grain}"
    return f"{noun}{_of(asked)}, {_when(asked)}"


def about(asked: Filter) -> str:
    """Say what a file would be about: Halide & Sons, November 2026, 3 filters."""
    count = len(asked.kept("from", "to", "range", "period", "by", "grain", "compare"))
    narrowed = [plurals.counted(count, "filter")] if count else []
    return ", ".join([_of(asked).removeprefix(" of ") or "All organizations", _when(asked), *narrowed])


def file_name(export: Export) -> str:
    """Return the name under which it is kept by whoever downloads it; always the same."""
    name = slugify(export.title)[:_LONGEST_NAME].strip("-") or "usage"
    return f"{name}-{export.as_of:%Y%m%d-%H%M}.{export.format}"


def etag(export: Export) -> str:
    """Return what tells this file from every other one."""
    return f'"{export.uid}-{export.bytes}"'


def progress(export: Export) -> dict[str, Any]:
    """Return what ui/_job.html draws."""
    so_far = f"{export.rows:,} rows"
    text = f"{export.rows:,} of about {export.expected:,} rows" if export.expected else so_far
    waits = export.state == Export.State.QUEUED
    return {
        "id": export.uid,
        "title": export.title,
        "text": "Waiting for a worker" if waits else text,
        "pct": export.percent,
        "note": LEAVE if export.what == Export.What.GENERATIONS else f"{LEAVE} {ANEW}",
    }


def _of(asked: Filter) -> str:
    if asked.organization is not None:
        return f" of {asked.organization}"
    if asked.period is not None:
        return f" of {asked.period.organization}"
    named = asked.organizations or ()
    return f" of {named[0]}" if len(named) == 1 else f" of {len(named)} organizations" if named else ""


def _when(asked: Filter) -> str:
    return f"period {asked.period.label}" if asked.period is not None else asked.span.label
