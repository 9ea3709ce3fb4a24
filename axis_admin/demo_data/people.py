"""The staff of a first run. Their passwords are made anew and told to nobody: `create_staff` or a reset lets one in."""

from typing import NamedTuple

from audit import trail
from orgs import actions
from orgs.models import Staff
from orgs.policy import Role


class Colleague(NamedTuple):
    """Somebody who works here, by the word that the studios know them by."""

    word: str
    name: str
    role: Role


COLLEAGUES = (
    Colleague("dov", "Dov Hartmann", Role.ADMINISTRATOR),
    Colleague("ines", "Ines Calloway", Role.KEY_ADMIN),
    Colleague("priya", "Priya Anand", Role.ACCOUNT_MANAGER),
    Colleague("joel", "Joel Marchetti", Role.ACCOUNT_MANAGER),
    Colleague("tomas", "Tomas Reyl", Role.VIEWER),
    Colleague("bea", "Bea Lindqvist", Role.BILLING),
)


def hire(*, actor: trail.Actor) -> dict[str, Staff]:
    """Make all of them, by their word."""
    made = {}
    for word, name, role in COLLEAGUES:
        made[word], _ = actions.create_staff(actor=actor, email=f"{word}@axis.example", name=name, role=role)
    return made
