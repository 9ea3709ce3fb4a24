"""Who acts and what is acted on, as the trail names them."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True)
class Actor:
    """Who acts, with the roles and the circumstances of this moment."""

    type: Literal["staff", "cli", "system", "gateway", "customer"]
    id: str
    label: str
    roles: tuple[str, ...] = ()
    auth_methods: tuple[str, ...] = ()
    address: str | None = None
    user_agent: str = ""
    request_id: str = ""
    route: str = ""
    on_behalf_of: str = ""
    # The event that all of this belongs to, as the start of a job.
    parent: UUID | None = None


@dataclass(frozen=True)
class Target:
    """What is acted on: its kind, its public id, and its name as people know it now."""

    type: str
    id: str
    label: str


SYSTEM = Actor(type="system", id="system", label="Axis Admin")


def cli(user: str = "") -> Actor:
    """Whoever runs a command on the machine; `user` is their login there, if known."""
    return Actor(type="cli", id=user or "cli", label="cli")
