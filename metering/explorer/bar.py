"""The filters above the chart, drawn from the filter itself. Each change is a link or a plain form."""

from collections.abc import Iterable, Sequence

from audit.picks import Link, Pick
from metering.explorer import comparing, forms, grains, spans
from metering.explorer.dimensions import (
    BY_NAME,
    CAUSE,
    DIMENSIONS,
    KEY,
    LEFT_OUT,
    ORGANIZATION,
    OUTCOME,
    RATIO,
    RESOLUTION,
    TIER,
    VERSION,
    Dimension,
)
from metering.explorer.query import ENVIRONMENT, Filter
from metering.models import BillingPeriod

TIME = ("range", "from", "to", "period", "original", "grain")
PERIODS = 14
# What gateways usually say where they may say anything; a field takes all else.
USUAL = {RESOLUTION.name: ("1K", "2K", "4K"), RATIO.name: ("1:1", "3:2", "4:3", "16:9", "9:16", "21:9")}


class Bar:
    """Range, comparison and grouping, then a pick for each dimension, and what is set as chips."""

    def __init__(
        self, asked: Filter, *, periods: Sequence[BillingPeriod] = (), keys: Sequence[tuple[str, str]] = ()
    ) -> None:
        self.asked = asked
        self.periods = periods
        self.keys = keys

    @property
    def clear(self) -> str:
        """The address without any chip."""
        names = {name for name, _ in self.asked.pairs} & {*BY_NAME, *(LEFT_OUT + name for name in BY_NAME), "original"}
        return self.asked.href(*names)

    @property
    def picks(self) -> list[Pick]:
        """The filters, in the order in which they stand."""
        whose = [] if self.asked.organization else [self._object(ORGANIZATION, [])]
        values = [self._values(one) for one in (VERSION, RESOLUTION, RATIO, OUTCOME, TIER, CAUSE)]
        keys = self._object(KEY, self.keys)
        return [self._range(), self._compare(), self._by(), self._environment(), *whose, keys, *values]

    @property
    def of_generations(self) -> list[Pick]:
        """Those that decide which generations are listed."""
        shown = ("Compare", "Group by")
        return [pick for pick in self.picks if pick.label not in shown]

    @property
    def chips(self) -> list[Link]:
        """What narrows the numbers, each with the address without it."""
        asked = self.asked
        found = [self._chip("org", one.uid, f"organization: {one.name}") for one in asked.organizations or ()]
        found += [self._chip("key", key.uid, f"key: {key.name}") for key in asked.keys or ()]
        for name, values in asked.values.items():
            dimension = BY_NAME[name.removeprefix(LEFT_OUT)]
            told = f"{dimension.label.lower()}{' not' if name.startswith(LEFT_OUT) else ''}"
            found += [self._chip(name, value, f"{told}: {dimension.called(value)}") for value in values]
        found += [self._chip(name, value, f"unknown {name}: {value}") for name, value in asked.missed]
        return [*found, *self._late()]

    @property
    def grains(self) -> list[Link]:
        """The ways to divide the time; one that the range is too long for has no address."""
        asked = self.asked
        return [
            Link(
                label,
                asked.href("grain", add=[("grain", value)]) if grains.fits(value, asked.span) else "",
                value == asked.grain,
            )
            for value, label in grains.GRAINS
        ]

    def _range(self) -> Pick:
        asked = self.asked
        links = [self._period(one) for one in self.periods]
        for value, label in spans.RANGES:
            is_on = asked.is_timed and asked.range == value and asked.period is None
            links.append(Link(label, asked.href(*TIME, add=[("range", value)]), is_on))
        return Pick("Range", self._time(), links, forms.days(asked), asked.kept(*TIME))

    def _time(self) -> str:
        asked = self.asked
        if asked.is_parked:
            return f"in no billing period, {asked.span.label}"
        if asked.period is None:
            return asked.span.label
        label = f"Period {asked.period.label}"
        return f"{label}, {asked.span.label}" if asked.is_timed else label

    def _period(self, period: BillingPeriod) -> Link:
        is_on = self.asked.period == period
        return Link(f"Period {period.label}", self.asked.href(*TIME, add=[("period", period.label)]), is_on)

    def _compare(self) -> Pick:
        asked, earlier = self.asked, comparing.named(self.asked)
        links = [
            Link(earlier.capitalize(), asked.href("compare"), asked.compares),
            Link("Nothing", asked.href("compare", add=[("compare", "no")]), not asked.compares),
        ]
        return Pick("Compare", earlier if asked.compares else "nothing", links)

    def _by(self) -> Pick:
        asked = self.asked
        offered = (VERSION, *(one for one in DIMENSIONS if one is not VERSION))
        links = [
            Link(one.label, asked.href("by", add=[("by", one.name)]), asked.by == one.name)
            for one in offered
            if one is not ORGANIZATION or not asked.organization
        ]
        return Pick("Group by", BY_NAME[asked.by].label.lower(), links)

    def _environment(self) -> Pick:
        asked = self.asked
        links = [
            Link(label, asked.href("environment", add=[("environment", value)]), asked.environment == value)
            for value, label in ENVIRONMENT.choices
        ]
        return Pick("Keys", asked.environment, links)

    def _object(self, one: Dimension, listed: Iterable[tuple[str, str]]) -> Pick:
        asked = self.asked
        links = [Link(label, asked.href(one.name, add=[(one.name, uid)]), False) for uid, label in listed]
        return Pick(one.label, "", links, forms.word(one.name), asked.kept(one.name))

    def _values(self, one: Dimension) -> Pick:
        """Several may be chosen: each link puts one in or takes it out."""
        asked, now = self.asked, self.asked.values.get(one.name, ())
        listed = list(one.choices) or [(value, value) for value in USUAL[one.name]]
        listed += [(value, one.called(value)) for value in now if value not in dict(listed)]
        links = [self._toggle(one, value, label, now) for value, label in listed]
        fields, kept = ([], []) if one.choices else (forms.word(one.name), asked.kept(one.name))
        return Pick(one.label, "", links, fields, kept)

    def _toggle(self, one: Dimension, value: str, label: str, now: Sequence[str]) -> Link:
        others = [(one.name, other) for other in now if other != value]
        is_on = value in now
        return Link(label, self.asked.href(one.name, add=others if is_on else [*others, (one.name, value)]), is_on)

    def _chip(self, name: str, value: str, label: str) -> Link:
        others = [(name, other) for kept, other in self.asked.pairs if kept == name and other != value]
        return Link(label, self.asked.href(name, add=others), is_on=True)

    def _late(self) -> list[Link]:
        asked = self.asked
        if asked.original_period is not None:
            return [Link(f"late of {asked.original_period.label}", asked.href("original"), is_on=True)]
        words = {"any": "late ones", "none": "on time"}
        return [Link(words[asked.original], asked.href("original"), is_on=True)] if asked.original in words else []
