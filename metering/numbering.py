"""What documents are called: an id that says nothing, and a number that customers and their accounts quote. Pure."""

from orgs import identifiers


def statement_uid() -> str:
    """Mint the id of a statement or a credit note: `stm_…`."""
    return f"stm_{identifiers.random_base62(identifiers.LENGTH)}"


def of_statement(slug: str, label: str, *, again: int = 0) -> str:
    """Number the statement of a period: `HALIDE-SONS-2026-10`.

    `again` counts how many documents carry that number already: another organization may have had the slug before.
    """
    number = f"{slug}-{label}".upper()
    return f"{number}-{again + 1}" if again else number


def of_credit_note(statement: str, nth: int) -> str:
    """Number the nth credit note to a statement: `HALIDE-SONS-2026-10-CN1`."""
    return f"{statement}-CN{nth}"
