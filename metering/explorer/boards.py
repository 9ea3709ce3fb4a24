"""Everything that the explorer's page shows of one filter, from two statements about usage and one about refusals."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from keys.models import ApiKey
from metering.explorer import comparing, completeness, counting, drawing, figures, lines, marks, refused, spans
from metering.explorer.bar import PERIODS, Bar
from metering.explorer.completeness import Completeness
from metering.explorer.dimensions import BY_NAME
from metering.explorer.lines import Line
from metering.explorer.query import Filter

MOST_KEYS = 30


@dataclass(frozen=True)
class Board:
    """What is drawn: figures, chart, a page of lines with their sum, and what is said about the time."""

    asked: Filter
    bar: Bar
    stats: list[dict[str, str]]
    chart: dict[str, Any]
    page: Page[Line]
    lines: list[Line]
    foot: Line
    completeness: Completeness
    dashed: str
    late: int

    @property
    def is_empty(self) -> bool:
        return not self.foot.sums.attempts and not self.lines

    @property
    def tells_refused(self) -> bool:
        """Whether refusals are known line by line."""
        return self.foot.refused is not None and self.asked.lines_by in refused.KNOWN

    @property
    def is_exact(self) -> bool:
        """Whether days begin at midnight sharp there."""
        return spans.is_exact(self.asked.span, self.asked.zone)

    @property
    def day_begins(self) -> str:
        """When a day's first whole UTC hour begins, on the clock there."""
        return f"{spans.begin(self.asked.now.date(), self.asked.zone).astimezone(self.asked.zone):%H:%M}"

    @property
    def heading(self) -> str:
        each = "an hour" if self.asked.grain == "hour" else f"a {self.asked.grain}"
        return f"Generations {each} by {BY_NAME[self.asked.by].label.lower()}{self.with_failed}"

    @property
    def earlier(self) -> str:
        """What the time before is called, by its length."""
        return comparing.named(self.asked)

    @property
    def with_failed(self) -> str:
        """What is said behind a number that has failed generations in it."""
        return ", failed ones too" if self.asked.counts_attempts else ""

    @property
    def lines_label(self) -> str:
        return BY_NAME[self.asked.lines_by].label

    @property
    def counted(self) -> str:
        """The count of lines and the sum of all, for the pager."""
        count, noun = self.page.paginator.count, self.lines_label.lower()
        plural = noun if count == 1 else f"{noun[:-1]}ies" if noun.endswith("cy") else f"{noun}s"
        return f"{count:,} {plural}, {self.foot.total:,} generations{self.with_failed}"


def board(asked: Filter, *, order: str, page: str | None) -> Board:
    """Count what the filter asks for, and what came before, and put it all together."""
    held = comparing.before(asked)
    found, before = counting.count(asked), counting.count(held) if held else None
    calls = refused.count(asked)
    foot = lines.foot(asked, found, before, calls)
    whole = Paginator(lines.lines(asked, found, before, calls, order=order), lines.PER_PAGE)
    shown = whole.get_page(page)
    return Board(
        asked=asked,
        bar=_bar(asked),
        stats=figures.stats(foot, calls, before.total if before else None, earlier=comparing.named(asked)),
        chart=drawing.chart(asked, found, before, held, marks.of(asked)),
        page=shown,
        lines=lines.shown(list(shown), found),
        foot=foot,
        completeness=completeness.of(asked),
        dashed=held.span.label if held else "",
        late=found.slot(None).value(attempts=asked.counts_attempts),
    )


def _bar(asked: Filter) -> Bar:
    if asked.organization is None:
        return Bar(asked)
    begun = asked.organization.billing_periods.filter(span__startswith__lte=asked.now)
    keys = ApiKey.objects.filter(organization=asked.organization, environment=asked.environment)
    listed = keys.order_by("name").values_list("uid", "name")[:MOST_KEYS]
    return Bar(asked, periods=list(begun.order_by("-span")[:PERIODS]), keys=list(listed))
