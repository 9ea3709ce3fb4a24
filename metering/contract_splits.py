"""What another version of a contract does to the billing period that it begins in, said before it is saved."""

from dataclasses import dataclass
from datetime import datetime

from metering import periods
from orgs.models import Organization

SHARE = "What follows is a period of its own. Each has its share of what is included, and of the minimum."


@dataclass(frozen=True)
class Split:
    """A billing period that ends early, as the review warns of it."""

    title: str
    text: str


def of(organization: Organization, at: datetime | None, when: str, *, now: datetime) -> Split | None:
    """Return what ends at that time, which is said as `when`; None where a period begins then, or none is known."""
    present = organization.contracts.covering(at).first() if at else None
    span = periods.containing(at, present.terms) if present and at else None
    if present is None or span is None or at is None or span.start == at:
        return None
    label = periods.label(span.start, present.zone)
    if at <= now:
        title = f"The running billing period ends {'now' if at == now else 'early'}"
        return Split(title, f"{label} ends as soon as this is saved, and goes into review. {SHARE}")
    return Split("A billing period ends early", f"{label} ends on {when}, and goes into review then. {SHARE}")
