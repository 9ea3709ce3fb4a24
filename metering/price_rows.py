"""A price list as a form types it: rows of text, with as many tiers as were asked for. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from metering import term_rules
from metering.rating import Terms

# A tier as typed: up to how many billed cost units, and the price of each.
Typed = tuple[str, str]
BLANK: Typed = ("", "")


@dataclass
class Row:
    """A line of the price list as somebody types it."""

    name: str = ""
    version: str = "v2"
    resolutions: str = ""
    tiers: list[Typed] = field(default_factory=lambda: [BLANK])

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed; a version is always chosen."""
        return not self.name.strip() and not self.resolutions.strip() and not any(map(_says, self.tiers))


def of_terms(terms: Terms) -> list[Row]:
    """Return a price list as rows, or one blank row."""
    rows = [
        Row(
            price.name,
            price.api_version,
            ", ".join(price.resolutions),
            [(f"{tier.up_to:,}" if tier.up_to is not None else "", f"{tier.price:f}") for tier in price.tiers],
        )
        for price in terms.prices
    ]
    return rows or [Row()]


def read(data: Mapping[str, str]) -> list[Row]:
    """Return the rows that a form sent: as many as there are names, up to the most that there may be."""
    found = []
    for n in range(term_rules.MOST_PRICES + 1):
        if name(n, "name") in data:
            tiers = range(term_rules.MOST_TIERS + 1)
            typed = [(data.get(end(n, j), ""), data[amount(n, j)]) for j in tiers if amount(n, j) in data]
            found.append(
                Row(
                    data[name(n, "name")], data.get(name(n, "version"), ""), data.get(name(n, "resolutions"), ""), typed
                )
            )
    return found


def write(rows: Sequence[Row]) -> dict[str, str]:
    """Return the fields that say these rows."""
    said: dict[str, str] = {}
    for n, row in enumerate(rows):
        said |= {name(n, "name"): row.name, name(n, "version"): row.version, name(n, "resolutions"): row.resolutions}
        for j, (up_to, price) in enumerate(row.tiers):
            said |= {end(n, j): up_to, amount(n, j): price}
    return said


def after(rows: Sequence[Row], act: str) -> list[Row] | None:
    """Return the rows after a button of the list was pressed; None where it was none of theirs.

    `price` adds a line, `tier-2` a tier to the third one, `drop-2` takes it away.
    """
    what, _, number = act.partition("-")
    found = list(rows)
    if what == "price":
        return [*found, Row()]
    if what not in {"tier", "drop"} or not number.isdecimal() or int(number) >= len(found):
        return None
    if what == "drop":
        del found[int(number)]
    else:
        found[int(number)].tiers.append(BLANK)
    return found


def is_field(name: str) -> bool:
    """Whether a name is one of these rows' fields."""
    return name.startswith("price-")


def name(row: int, what: str) -> str:
    """Name the field of a line."""
    return f"price-{row}-{what}"


def end(row: int, tier: int) -> str:
    """Name the field that says where a tier ends."""
    return f"price-{row}-up_to-{tier}"


def amount(row: int, tier: int) -> str:
    """Name the field that says what a unit of a tier costs."""
    return f"price-{row}-amount-{tier}"


def _says(typed: Typed) -> bool:
    return any(part.strip() for part in typed)


def without_blanks(tiers: Iterable[Typed]) -> list[int]:
    """Return the places of the tiers in which something was typed."""
    return [place for place, typed in enumerate(tiers) if _says(typed)]
