"""The table of the explorer: a line for each organization, key or whatever usage is grouped by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metering.explorer import grains, naming
from metering.explorer.counting import Counted, Sums
from metering.explorer.dimensions import OUTCOME, VERSION
from metering.explorer.naming import Name
from metering.explorer.query import Filter
from metering.explorer.refused import Refused
from metering.models import Generation

# A line has six links: twice as many would take a third of the time of a page over all organizations.
PER_PAGE = 25
USUAL_ORDER = "-total"
NOTHING = "–"
SUCCEEDED = (OUTCOME.name, Generation.Outcome.SUCCEEDED.value)


@dataclass(frozen=True)
class Line:
    """One line, or the foot of all: what it counts, what it counted before, and how many calls were refused."""

    asked: Filter
    value: str
    sums: Sums
    before: int | None = None
    refused: int | None = None
    name: Name = Name("", "")  # noqa: RUF009 (it never changes)
    course: Sequence[int] = ()

    @property
    def total(self) -> int:
        return self.sums.value(attempts=self.asked.counts_attempts)

    @property
    def v2(self) -> int:
        return self.sums.of_version("v2", attempts=self.asked.counts_attempts)

    @property
    def v1(self) -> int:
        return self.sums.of_version("v1", attempts=self.asked.counts_attempts)

    @property
    def calls(self) -> int:
        """All calls that are known: what was generated, well or not, and what was refused."""
        return self.sums.attempts + (self.refused or 0)

    @property
    def failed_share(self) -> str:
        """How many of what was generated failed, in percent, as the headline says it too."""
        return share(self.sums.failures, self.sums.attempts)

    @property
    def refused_share(self) -> str:
        """How many of the calls were refused, in percent."""
        return share(self.refused or 0, self.calls)

    @property
    def narrowed(self) -> str:
        """The address of the same page for this line alone."""
        return self.asked.href(self.asked.lines_by, "by", add=[(self.asked.lines_by, self.name.word)])

    @property
    def opened(self) -> str:
        """The address of the generations behind the line's sum."""
        return self._opened()

    @property
    def opened_succeeded(self) -> str:
        return self._opened(SUCCEEDED)

    @property
    def opened_v2(self) -> str:
        return self._opened((VERSION.name, "v2"))

    @property
    def opened_v1(self) -> str:
        return self._opened((VERSION.name, "v1"))

    @property
    def opened_failed(self) -> str:
        return self._opened((OUTCOME.name, Generation.Outcome.FAILED.value))

    def _opened(self, *add: tuple[str, str]) -> str:
        own = [(self.asked.lines_by, self.name.word)] if self.name.word else []
        usual = [] if self.asked.counts_attempts or OUTCOME.name in dict(add) else [SUCCEEDED]
        # Of a line that is itself an outcome, another one is what is asked for.
        return self.asked.opened(add=list(dict([*own, *usual, *add]).items()))


def lines(asked: Filter, found: Counted, before: Counted | None, refused: Refused | None, *, order: str) -> list[Line]:
    """Return a line for whatever was used, now or in the time before, or refused; the largest first as a rule."""
    by_line = refused.lines if refused else {}
    values = dict.fromkeys([*found.lines, *(before.lines if before else ()), *by_line])
    whole = [
        Line(
            asked,
            value,
            found.lines.get(value, Sums()),
            before.lines.get(value, Sums()).value(attempts=asked.counts_attempts) if before else None,
            by_line.get(value, 0) if refused and refused.lines else None,
        )
        for value in values
    ]
    return _ordered(whole, order)


def shown(some: Sequence[Line], found: Counted) -> list[Line]:
    """Give these lines what only a page of them needs: their names and their courses."""
    if not some:
        return []
    asked = some[0].asked
    names: Mapping[str, Name] = naming.names(asked.lines_by, [line.value for line in some])
    ordinals = [slot.ordinal for slot in grains.slots(asked.span, asked.grain, asked.zone)]
    return [
        Line(
            asked, line.value, line.sums, line.before, line.refused, names[line.value],
            found.course(line.value, ordinals),
        )
        for line in some
        if line.value in names
    ]  # fmt: skip


def foot(asked: Filter, found: Counted, before: Counted | None, refused: Refused | None) -> Line:
    """Return the sum of all lines."""
    earlier = before.total.value(attempts=asked.counts_attempts) if before else None
    return Line(asked, "", found.total, earlier, refused.total if refused else None)


def share(part: int, whole: int) -> str:
    """Write a part of a whole in percent; without a whole there is none."""
    return f"{part / whole * 100:.2f}%" if whole else NOTHING


def _ordered(whole: list[Line], order: str) -> list[Line]:
    by = order.removeprefix("-")
    keys = {
        "total": lambda line: line.total,
        "v2": lambda line: line.v2,
        "v1": lambda line: line.v1,
        "failed": lambda line: line.sums.failures,
        "units": lambda line: line.sums.units,
        "refused": lambda line: line.refused or 0,
        "before": lambda line: (line.total - line.before) / line.before if line.before else float("-inf"),
    }
    whole.sort(key=lambda line: line.value)
    whole.sort(key=keys.get(by, keys["total"]), reverse=order.startswith("-") or by not in keys)
    return whole
