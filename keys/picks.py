"""The filters above a list of keys, drawn from what the address says. Each change is a link or a small GET form."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from audit.picks import Link, Pick, choices
from keys import conditions, states
from keys.filters import KeyFilter
from keys.models import ApiKey

SHOWN = 12
EXPIRES = (("7d", "Within 7 days"), ("30d", "Within 30 days"), ("90d", "Within 90 days"), (conditions.NEVER, "Never"))
UNUSED = (("30", "30 days"), ("90", "90 days"), ("180", "180 days"), (conditions.NEVER, "Never used"))
OF_ONE_ORGANIZATION = frozenset({"org", "plan"})


class Bar:
    """What the list's search field, picks and chips are drawn from. What is wrong in the address is in no link."""

    def __init__(
        self,
        form: KeyFilter,
        *,
        organizations: Sequence[tuple[str, str]] = (),
        people: Sequence[str] = (),
        within: bool,
    ) -> None:
        """`within`: the list is of one organization, so that nothing asks for one."""
        self.form, self.organizations, self.people, self.within = form, organizations, people, within
        self.order = form.data.get("order", "")

    def href(self, *, drop: Iterable[str] = (), add: Iterable[tuple[str, str]] = ()) -> str:
        """The page's address without some fields and with others, from its first key on."""
        kept = [pair for pair in self.form.pairs if pair[0] not in set(drop)]
        return f"?{urlencode([*kept, *add, *([('order', self.order)] if self.order else [])])}"

    def kept(self, *but: str) -> list[tuple[str, str]]:
        """What a form of its own carries on as hidden fields."""
        order = [("order", self.order)] if self.order else []
        return [pair for pair in [*self.form.pairs, *order] if pair[0] not in but]

    @property
    def kept_beside_words(self) -> list[tuple[str, str]]:
        return self.kept("q")

    @property
    def chips(self) -> list[Link]:
        """What is set, each with the address without it."""
        return [
            Link(f"{self.form[name].label}: {self._called(name, value)}", self._without(name, value), is_on=True)
            for name, value in self.form.pairs
        ]

    @property
    def clear(self) -> str:
        """The address without any filter; empty where there is none."""
        return self.href(drop=dict(self.form.pairs)) if self.form.pairs else ""

    @property
    def picks(self) -> list[Pick]:
        """The filters, in the order in which they stand."""
        whole = [
            self._states(),
            self._pick("environment", ApiKey.Environment.choices),
            self._pick("org", self.organizations, has_field=True),
            self._pick("plan", self.form.plans),
            self._pick("expires", EXPIRES, has_field=True),
            self._pick("unused", UNUSED, has_field=True),
            self._pick("by", [(name, name) for name in self.people], has_field=True),
            self._pick("check", conditions.CHECKS),
        ]
        hidden = {str(self.form[name].label) for name in OF_ONE_ORGANIZATION} if self.within else set()
        return [pick for pick in whole if pick.label not in hidden]

    def _states(self) -> Pick:
        """Several may be chosen: each link puts one in or takes it out."""
        links = [Link("Any", self.href(drop=["state"]), is_on=not self._values("state"))]
        for value, label in states.CHOICES:
            is_on = value in self._values("state")
            href = self._without("state", value) if is_on else self.href(add=[("state", value)])
            links.append(Link(label, href, is_on))
        chosen = ", ".join(self._called("state", value) for value in self._values("state"))
        return Pick("State", chosen, links)

    def _pick(self, name: str, values: Iterable[tuple[str, str]], *, has_field: bool = False) -> Pick:
        now = next(iter(self._values(name)), "")
        links = choices(
            values, now=now, href=lambda value: self.href(drop=[name], add=[(name, value)] if value else [])
        )
        bound, kept = ([self.form[name]], self.kept(name)) if has_field else ([], [])
        return Pick(str(self.form[name].label), self._called(name, now) if now else "", links, bound, kept)

    def _values(self, name: str) -> list[str]:
        return [value for field, value in self.form.pairs if field == name]

    def _without(self, name: str, value: str) -> str:
        others = [(name, other) for other in self._values(name) if other != value]
        return self.href(drop=[name], add=others)

    def _called(self, name: str, value: str) -> str:
        """A value in words, as its list has them."""
        if name == "org" and self.form.organization is not None:
            return self.form.organization.name
        listed = {
            "state": states.CHOICES,
            "environment": ApiKey.Environment.choices,
            "expires": EXPIRES,
            "unused": UNUSED,
            "check": conditions.CHECKS,
            "plan": self.form.plans,
        }.get(name, ())
        return next((label for known, label in listed if known == value), _in_words(name, value))


def _in_words(name: str, value: str) -> str:
    """A value that is in no list: a day, or a number of days."""
    if name == "unused":
        return f"{value} days"
    if name == "expires":
        return f"Within {value[:-1]} days" if value.endswith("d") else f"Before {value}"
    return value
