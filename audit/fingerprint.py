"""What of an event is hashed, and how."""

import hashlib
import ipaddress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from audit import canonical

if TYPE_CHECKING:
    from audit.models import Event

# Left out: what the database adds by itself (recorded_at, search, txid), and what is derived from this hash.
AS_THEY_ARE = (
    "schema_version", "verb", "operation", "outcome", "actor_type", "actor_id", "actor_label", "actor_roles",
    "auth_methods", "on_behalf_of", "organization", "organization_label", "target_type", "target_id", "target_label",
    "further", "names", "changes", "detail", "reason", "ticket", "approval", "request_id", "user_agent", "route",
    "sentence",
)  # fmt: skip


def of(event: "Event") -> bytes:
    """SHA-256 over the event's salt and the canonical JSON of its content: 32 bytes."""
    return hashlib.sha256(bytes(event.salt) + canonical.encode(content(event))).digest()


def content(event: "Event") -> dict[str, Any]:
    """The hashed content, the same before it is saved and after it is read back."""
    return {
        **{name: getattr(event, name) for name in AS_THEY_ARE},
        "id": str(event.id),
        "occurred_at": moment(event.occurred_at),
        "parent": str(event.parent) if event.parent else None,
        "address": address(event.address),
    }


def moment(at: datetime) -> str:
    """UTC with six digits of a second, as many as the database keeps."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def address(text: str | None) -> str | None:
    """The one spelling of an address; None for what is none. A mapped IPv4 address is that IPv4 address."""
    try:
        # The zone of a link-local address (after %) means something on one machine alone.
        found = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
