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
        found = Organization.objects.filter(pk__in=map(int, values)).values_list("pk", "name", "uid")
        return {str(pk): Name(name, uid) for pk, name, uid in found}
    if by == KEY.name:
        keys = ApiKey.objects.filter(pk__in=map(int, values))
        # A page names a good many, and needs three things of each.
        told = keys.values_list("pk", "name", "uid", "organization__name")
        return {str(pk): Name(name, uid, of) for pk, name, uid, of in told}
    return {value: Name(BY_NAME[by].called(value), value or NOT_SAID) for value in values}
