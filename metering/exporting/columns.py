"""What stands in the columns of a file. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column by its name for machines, which stays, and its heading for people; `width` is in characters."""

    name: str
    heading: str
    width: int = 14
