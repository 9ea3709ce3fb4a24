"""A line of a draft: what it is called, how much of what, what it costs, and what it opens. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

# Of the explorer, and of the list of generations: what a filter of theirs is made from.
Opens = Mapping[str, str | list[str]]
# Among what has no price, what cannot have one on this bill is named like this: `Another currency: ADJ-0001 in USD`.
FOREIGN = "Another currency: "


@dataclass(frozen=True)
class Line:
    """One line as a statement prints it.

    `kind` is usage, pilot, minimum, capacity, late, void, sla_credit, credit, charge or correction. `quantity` counts
    generations where `opens` finds them, else what is billed; `units` are cost units. `unit_price` is None where there
    are several prices or none. `amount` is rounded, below zero in the customer's favour.
    """

    kind: str
    name: str
    note: str = ""
    quantity: int | None = None
    units: int | None = None
    unit_price: Decimal | None = None
    amount: Decimal = Decimal(0)
    opens: Opens | None = None


# These lines are made of generations; together they are everything that the ledger holds of a period.
OF_GENERATIONS = frozenset({"usage", "pilot", "late", "void"})
