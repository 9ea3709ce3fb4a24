"""Steps that upper apps run inside a lower app's transaction: a new organization's contract, a pilot's beginning."""

from typing import Protocol

from audit import trail
from orgs.models import Organization


class Step(Protocol):
    """Something that belongs to the same transaction; it raises to refuse the whole change."""

    def __call__(self, *, organization: Organization, actor: trail.Actor) -> None: ...


_creation: list[Step] = []
_activation: list[Step] = []


def on_creation(step: Step) -> None:
    """Run the step whenever an organization is created. Registered by an AppConfig, once."""
    if step not in _creation:
        _creation.append(step)


def on_activation(step: Step) -> None:
    """Run the step whenever a draft is activated. Registered by an AppConfig, once."""
    if step not in _activation:
        _activation.append(step)


def run_creation(*, organization: Organization, actor: trail.Actor) -> None:
    for step in _creation:
        step(organization=organization, actor=actor)


def run_activation(*, organization: Organization, actor: trail.Actor) -> None:
    for step in _activation:
        step(organization=organization, actor=actor)
