"""How many calls were admitted and how many refused: exact, by code and limit, and drawn over time."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Trunc

from keys.models import DecisionHour
from keys.ranges import Range
from keys.verdicts import Code

# More kinds of refusal than this are drawn as one; the table beside names them all.
MOST_CODES = 4
OTHERS = "Other codes"
LEGEND = [{"cls": "s1", "label": "Admitted"}, {"cls": "refused", "label": "Refused, each code apart in the table"}]


@dataclass(frozen=True)
class Refused:
    """Calls refused for one reason, and by which limit if by one."""

    code: str
    limit: str
    calls: int


@dataclass(frozen=True)
class History:
    """Verdicts of a range: by slot and code, and the refusals of all of it, the most frequent first."""

    range: Range
    slots: list[datetime]
    by_slot: dict[datetime, Counter[str]]
    refusals: list[Refused]

    @property
    def admitted(self) -> int:
        return sum(counted[Code.VALID] for counted in self.by_slot.values())

    @property
    def refused(self) -> int:
        return sum(counted.total() for counted in self.by_slot.values()) - self.admitted

    @property
    def calls(self) -> int:
        return self.admitted + self.refused

    @property
    def leading(self) -> str:
        """The code with which more calls were refused than with any other; "" where there is no such one."""
        by_code: Counter[str] = Counter()
        for one in self.refusals:
            by_code[one.code] += one.calls
        first, second = [*by_code.most_common(2), ("", 0), ("", 0)][:2]
        return first[0] if first[1] > second[1] else ""

    @property
    def chart(self) -> dict[str, Any]:
        """Draw it: admitted calls below, refused ones above them, a colour for both and a column for each code."""
        shown = self._codes_shown()
        names = [*shown, *([OTHERS] if len(self._codes()) > len(shown) else [])]
        return {
            "label": f"Admitted and refused calls by {self.range.slot_label}, {self.range.label.lower()}.",
            "series": [{"cls": "s1", "label": "Admitted"}, *({"cls": "refused", "label": name} for name in names)],
            "points": [self._point(slot, shown, len(names) > len(shown)) for slot in self.slots],
            "legend": LEGEND,
            "column": "Month" if self.range.unit == "month" else "Day" if self.range.unit == "day" else "From",
            "size": "short",
            **self.range.labelled(self.slots),
        }

    def _point(self, slot: datetime, shown: list[str], has_others: bool) -> dict[str, Any]:
        counted = self.by_slot.get(slot, Counter())
        values = [counted[Code.VALID], *(counted[code] for code in shown)]
        others = [counted.total() - sum(values)] if has_others else []
        return {"x": self.range.short(slot), "title": self.range.title(slot), "v": [*values, *others]}

    def _codes(self) -> list[str]:
        return list(dict.fromkeys(one.code for one in self.refusals))

    def _codes_shown(self) -> list[str]:
        codes = self._codes()
        return codes if len(codes) <= MOST_CODES + 1 else codes[:MOST_CODES]


def history(rows: QuerySet[DecisionHour], range: Range, *, now: datetime) -> History:
    """Count the verdicts of an organization or a key in a range that ends now."""
    slots = list(range.slots(now.astimezone(UTC)))
    within = rows.filter(hour__gte=slots[0], hour__lte=now).order_by()
    by_slot: dict[datetime, Counter[str]] = {}
    refused: Counter[tuple[str, str]] = Counter()
    # Read once: of an organization with many keys a year is half a million rows.
    counted = within.values_list(Trunc("hour", range.unit, tzinfo=UTC), "code", "limit_name").annotate(Sum("calls"))
    for at, code, limit, calls in counted:
        by_slot.setdefault(range.slot_of(at), Counter())[code] += calls
        if code != Code.VALID:
            refused[code, limit] += calls
    most_first = sorted(refused.items(), key=lambda item: (-item[1], item[0]))
    return History(range, slots, by_slot, [Refused(code, limit, calls) for (code, limit), calls in most_first])


def stats(found: History) -> list[dict[str, str]]:
    """Return the figures that stand above: calls, refused calls, their share and the most frequent reason."""
    calls = found.admitted + found.refused
    first = found.refusals[0] if found.refusals else None
    share = f"{found.refused * 100 / calls:.2f}%" if calls else "–"
    return [
        {"label": "Calls", "value": f"{calls:,}", "note": f"{found.admitted:,} admitted"},
        {"label": "Refused", "value": f"{found.refused:,}", "note": "exact, by known keys"},
        {"label": "Refused of all calls", "value": share, "note": found.range.label.lower()},
        {
            "label": "Most frequent",
            "value": f"{first.calls:,}" if first else "–",
            "note": " by ".join(filter(None, [first.code, first.limit])) if first else "nothing was refused",
        },
    ]
