"""Which refusals somebody asks for: words, code and time from the address, and pages that stay where they are."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.http import QueryDict

from audit import wording
from keys import asks, ranges, retention
from keys.models import Refusal
from keys.models.refusals import RefusalQuerySet
from keys.ranges import Range
from keys.secrets import PUBLIC_ID_LENGTH
from keys.verdicts import Code

PER_PAGE = 50
LONGEST_WORDS = 255
NO_CODE = "-"
CODES = [(code.value, code.value) for code in Code if code != Code.VALID]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"([0-9a-f]{1,15})\.([0-9A-Za-z_-]{1,32})", re.ASCII)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Question:
    """What is asked for; `before` and `after` are places in the list, as `place` writes them."""

    words: str
    code: str
    range: Range
    before: str = ""
    after: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> "Question":
        """Read the address. Who looks for one call looks through all that is kept."""
        words = wording.prefixes_of_all(query.get("q", "").replace("\x00", "")).strip()[:LONGEST_WORDS]
        range = ranges.chosen(query.get("range", ""), default="7d" if words else "24h")
        code = query.get("code", "")
        # A code that there is not finds nothing; nothing of its text reaches the database.
        code = code if not code or code in Code.values else NO_CODE
        return cls(words, code, range, query.get("before", ""), query.get("after", ""))

    def filtered(self, rows: RefusalQuerySet, *, now: datetime) -> RefusalQuerySet:
        """Keep the refusals of the range that match."""
        rows = rows.filter(at__gte=max(self.range.slots(now.astimezone(UTC))[0], now - retention.REFUSALS))
        if self.code:
            rows = rows.filter(code=self.code)
        return rows.filter(_matching(self.words)) if self.words else rows


@dataclass(frozen=True)
class Page:
    """Some refusals, the newest first; `newer` and `older` are places, empty where there is no more."""

    rows: list[Refusal]
    newer: str = ""
    older: str = ""


def page(rows: RefusalQuerySet, question: Question) -> Page:
    """Return the page that the question asks for; a place that is none is the beginning."""
    rows = rows.select_related("key", "organization")
    if after := _read(question.after):
        found = list(rows.filter(_beyond(after, "gt")).order_by("at", "decision_id")[: PER_PAGE + 1])
        shown = found[:PER_PAGE][::-1]
        return Page(shown, place(shown[0]) if len(found) > PER_PAGE else "", place(shown[-1]) if shown else "")
    before = _read(question.before)
    found = list(
        (rows.filter(_beyond(before, "lt")) if before else rows).order_by("-at", "-decision_id")[: PER_PAGE + 1]
    )
    shown = found[:PER_PAGE]
    return Page(shown, place(shown[0]) if before and shown else "", place(shown[-1]) if len(found) > PER_PAGE else "")


def place(refusal: Refusal) -> str:
    """Write where in the list a refusal stands."""
    return f"{(refusal.at - _EPOCH) // _MICROSECOND:x}.{refusal.decision_id}"


def _read(text: str) -> tuple[datetime, str] | None:
    found = _PLACE.fullmatch(text)
    try:
        return (_EPOCH + int(found[1], 16) * _MICROSECOND, found[2]) if found else None
    except OverflowError:
        return None


def _beyond(place: tuple[datetime, str], way: str) -> Q:
    at, id = place
    # The first condition alone is one that an index can begin with.
    return Q(**{f"at__{way}e": at}) & (Q(**{f"at__{way}": at}) | Q(**{f"decision_id__{way}": id}))


def _matching(words: str) -> Q:
    """Match any of the ids that a customer may give, or that stand on our pages."""
    if words.startswith("key_"):
        return Q(key__uid=words)
    found = Q(request_id=words) | Q(idempotency_key=words) | Q(decision_id=words)
    prefix = wording.unprefixed(words)
    if len(prefix) == PUBLIC_ID_LENGTH:
        found |= Q(public_id=prefix)
    try:
        return found | Q(address=str(asks.address(words)))
    except ValueError:
        return found
