"""What an address says about usage, word by word; whatever makes no sense becomes a note."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import QueryDict

from keys.models import ApiKey
from metering.explorer import spans
from metering.explorer.dimensions import LEFT_OUT, TEXTS
from metering.explorer.spans import Span
from metering.models import BillingPeriod
from orgs import access
from orgs.models import Organization, Staff
from orgs.policy import Permission, scope

MOST_VALUES = 20
# A price for all other resolutions leaves out each that a price list names.
MOST_TEXTS = 1_000
NO_PERIOD, ANY, ON_TIME = "none", "any", "none"


@dataclass
class Reader:
    """Reads one address for one person; `notes` say in whole sentences what was not understood."""

    query: QueryDict
    user: Staff
    organization: Organization | None
    zone: ZoneInfo
    now: datetime
    notes: list[str] = field(default_factory=list)
    missed: list[tuple[str, str]] = field(default_factory=list)

    def word(self, name: str) -> str:
        """Return one value, without what no database takes."""
        text = self.query.get(name, "").strip()
        return "" if access.is_unfit(text) else text

    def texts(self) -> dict[str, tuple[str, ...]]:
        """Return the values that are asked for, and under `not_…` those that are left out."""
        found: dict[str, tuple[str, ...]] = {}
        for one in TEXTS:
            for name in (one.name, LEFT_OUT + one.name):
                if values := self._values(name, one.takes):
                    found[name] = values
        return found

    def organizations(self) -> tuple[Organization, ...] | None:
        """Return the organizations that are named; None where none is."""
        if self.organization is not None or not (names := self._listed("org")):
            return None
        mine = Organization.objects.for_user(self.user, Permission.USAGE_SEE)
        found = tuple(mine.filter(Q(uid__in=names) | Q(slug__in=names) | Q(name__in=names))[:MOST_VALUES])
        known = {text for one in found for text in (one.uid, one.slug, one.name)}
        self._miss("org", "organization", [name for name in names if name not in known])
        return found

    def keys(self) -> tuple[ApiKey, ...] | None:
        """Return the keys that are named; None where none is."""
        if not (uids := self._listed("key")):
            return None
        mine = ApiKey.objects.for_user(self.user, Permission.USAGE_SEE).select_related("organization")
        if self.organization is not None:
            mine = mine.filter(organization=self.organization)
        found = tuple(mine.filter(uid__in=uids))
        self._miss("key", "key", [uid for uid in uids if uid not in {one.uid for one in found}])
        return found

    def period(self, text: str, name: str = "period") -> BillingPeriod | None:
        """Find a billing period by `ORGANIZATION/2026-11`, inside an organization by its label alone."""
        named, _, label = text.rpartition("/")
        rows = BillingPeriod.objects.select_related("organization", "contract").filter(label=label)
        if self.organization is not None:
            rows = rows.filter(organization=self.organization)
        if named or self.organization is None:
            rows = rows.filter(Q(organization__uid=named) | Q(organization__slug=named))
        mine = rows.filter(scope(self.user, Permission.USAGE_SEE).as_q("organization__"))
        found = mine.order_by("-span").first()
        if found is None:
            self._miss(name, "billing period", [text])
        return found

    def range(self) -> tuple[str, Span] | None:
        """Return the range with its name, "" for one between two ends; None where the address says nothing of it."""
        if self.word("from") or self.word("to"):
            return self._between()
        if not (value := self.word("range")):
            return None
        found = spans.named(value, self.zone, now=self.now)
        if found is None:
            self.notes.append(f"There is no range “{value}” here.")
        return (value, found) if found else None

    def one_of(self, name: str, choices: Iterable[str]) -> str:
        """Return a value of a closed list; "" where there is none or another."""
        value = self.word(name)
        if value and value not in choices:
            self.notes.append(f"“{value}” is no {name} here. It is left out.")
            return ""
        return value

    def _between(self) -> tuple[str, Span] | None:
        first, last = self.word("from") or self.word("to"), self.word("to") or self.word("from")
        try:
            start = spans.edge(first, self.zone, is_end=False)
            end = spans.edge(last, self.zone, is_end=True)
        except ValueError:
            self.notes.append(f"“{first}” to “{last}” is no range. Write days as 2026-11-24.")
            return None
        if end <= start:
            self.notes.append("The range ends before it begins.")
            return None
        if end - start > spans.LONGEST:
            self.notes.append(f"A range has at most {spans.LONGEST.days} days. The last of them are shown.")
            start = spans.begin((end - spans.LONGEST).astimezone(self.zone).date(), self.zone)
        return "", spans.between(start, end, self.zone)

    def _values(self, name: str, takes: Callable[[str], bool]) -> tuple[str, ...]:
        # As they came: a gateway's own word may begin with a blank, or be one.
        listed = self._fit(self.query.getlist(name), MOST_TEXTS)
        for value in listed:
            if not takes(value):
                self.notes.append(f"“{value}” is no {name.removeprefix(LEFT_OUT)} here. It is left out.")
        return tuple(value for value in listed if takes(value))

    def _listed(self, name: str) -> list[str]:
        return self._fit((value.strip() for value in self.query.getlist(name)), MOST_VALUES)

    @staticmethod
    def _fit(values: Iterable[str], most: int) -> list[str]:
        return [value for value in dict.fromkeys(values) if value and not access.is_unfit(value)][:most]

    def _miss(self, name: str, noun: str, values: Sequence[str]) -> None:
        for value in values:
            self.notes.append(f"No {noun} in your scope is called “{value}”. Nothing is counted for it.")
            self.missed.append((name, value))
