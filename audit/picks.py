"""The filters above the log, drawn from what the address says. Each change is a link, and so works without script."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.forms import BoundField

from audit import known
from audit.forms import SearchForm
from audit.models import Event
from audit.verbs import Verb

SHOWN = 12
FIELDS = ("q", "actor", "verb", "org", "outcome", "after", "before")
SPANS = (("24h", "Last 24 hours"), ("7d", "Last 7 days"), ("30d", "Last 30 days"))


@dataclass(frozen=True)
class Link:
    """One value of a filter."""

    label: str
    href: str
    is_on: bool


@dataclass(frozen=True)
class Pick:
    """One filter: what is chosen, the values to choose from, and the fields for any other value."""

    label: str
    chosen: str
    links: Sequence[Link]
    fields: Sequence[BoundField] = ()
    kept: Sequence[tuple[str, str]] = ()

    @property
    def is_wrong(self) -> bool:
        return any(one.errors for one in self.fields)


def choices(values: Iterable[tuple[str, str]], *, now: str, href: Callable[[str], str]) -> list[Link]:
    """Return each value of a filter as a link, and before them the one that takes it out: `href` of nothing."""
    return [Link("Any", href(""), not now), *(Link(label, href(value), value == now) for value, label in values)]


class Bar:
    """What the search page's form and links are drawn from. What could not be searched for is in no link."""

    def __init__(
        self, form: SearchForm, actors: Sequence[known.Name] = (), organizations: Sequence[known.Name] = ()
    ) -> None:
        self.form = form
        self.actors = actors
        self.organizations = organizations
        self.query = {name: form.data[name] for name in FIELDS if form.data.get(name) and name not in form.errors}

    def href(self, **changes: str) -> str:
        """The page's address with these fields changed, from the newest event on; an empty value takes one out."""
        changed = {name: value for name, value in {**self.query, **changes}.items() if value}
        return f"?{urlencode(changed)}"

    def kept(self, *but: str) -> list[tuple[str, str]]:
        """What a form of its own carries on as hidden fields."""
        return [(name, value) for name, value in self.query.items() if name not in but]

    @property
    def kept_beside_words(self) -> list[tuple[str, str]]:
        """What the field of the words carries on."""
        return self.kept("q")

    @property
    def chips(self) -> list[Link]:
        """What is set, each with the address without it."""
        return [
            Link(f"{self.form[name].label}: {self._called(name)}", self.href(**{name: ""}), is_on=True)
            for name in self.query
            if name != "q"
        ]

    @property
    def picks(self) -> list[Pick]:
        """The filters, in the order in which they stand."""
        return [
            self._pick("actor", [(one.id, one.label) for one in self.actors[:SHOWN]]),
            self._pick("verb", list(_verbs())),
            self._pick("org", [(one.id, one.label) for one in self.organizations[:SHOWN]]),
            self._time(),
        ]

    @property
    def denied(self) -> Link:
        """Only what was refused, or back to everything."""
        is_on = self.query.get("outcome") == Event.Outcome.DENIED
        return Link("Denied only", self.href(outcome="" if is_on else Event.Outcome.DENIED.value), is_on)

    def _pick(self, name: str, values: Iterable[tuple[str, str]]) -> Pick:
        now = self.query.get(name, "")
        links = choices(values, now=now, href=lambda value: self.href(**{name: value}))
        bound = self.form[name]
        return Pick(str(bound.label), self._called(name), links, [bound], self.kept(name))

    def _time(self) -> Pick:
        after, before = self.query.get("after", ""), self.query.get("before", "")
        links = [Link("Any time", self.href(after="", before=""), not after and not before)]
        links += [Link(label, self.href(after=span, before=""), (after, before) == (span, "")) for span, label in SPANS]
        span = next((link.label for link in links[1:] if link.is_on), "")
        written = " ".join(filter(None, [f"from {after}" if after else "", f"before {before}" if before else ""]))
        fields = [self.form["after"], self.form["before"]]
        return Pick("Time", span or written, links, fields, self.kept("after", "before"))

    def _called(self, name: str) -> str:
        value = self.query.get(name, "")
        listed = {"actor": self.actors, "org": self.organizations}.get(name, ())
        return next((one.label for one in listed if one.id == value), value)


def _verbs() -> Iterable[tuple[str, str]]:
    """Each noun as a whole, then its verbs."""
    for noun in dict.fromkeys(verb.value.partition(".")[0] for verb in Verb):
        yield f"{noun}.*", f"{noun.capitalize()}: everything"
        yield from ((verb.value, verb.label.capitalize()) for verb in Verb if verb.value.startswith(f"{noun}."))
