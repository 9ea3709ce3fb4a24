"""What people call the values by which usage is grouped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from keys.models import ApiKey
from metering.explorer.dimensions import BY_NAME, KEY, NOT_SAID, ORGANIZATION
from orgs.models import Organization


@dataclass(frozen=True)
class Name:
    """A value in words, what stands below it, and how an address says it."""

    label: str
    word: str
    note: str = ""


def names(by: str, values: Iterable[str]) -> Mapping[str, Name]:
    """Name these values of a dimension, as the database wrote them."""
    if by == ORGANIZATION.name:
        found = Organization.objects.in_bulk([int(value) for value in values])
        return {str(pk): Name(one.name, one.uid) for pk, one in found.items()}
    if by == KEY.name:
        keys = ApiKey.objects.select_related("organization").in_bulk([int(value) for value in values])
        return {str(pk): Name(key.name, key.uid, key.organization.name) for pk, key in keys.items()}
    return {value: Name(BY_NAME[by].called(value), value or NOT_SAID) for value in values}
