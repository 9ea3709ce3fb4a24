"""A one-time link as a list shows it: its state, and what the person may do with it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from keys import actions, states
from keys.models import DeliveryLink
from orgs.policy import Permission

if TYPE_CHECKING:
    from orgs.access import StaffInSession


def row(link: DeliveryLink, *, staff: "StaffInSession", now: datetime) -> dict[str, Any]:
    """Return `link`, its `state`, and what the person may do: `may_resend`, `_cancel`, `_settle`, `_rotate`."""
    may = staff.can(Permission.KEY_DELIVER, link)
    return {
        "link": link,
        "state": states.of_link(link, at=now),
        "may_resend": may and not actions.resend_problem(link, now=now),
        "may_cancel": may and not actions.cancel_problem(link),
        "may_settle": may and link.alarmed_at is not None,
        "may_rotate": link.alarmed_at is not None and staff.can(Permission.KEY_ROTATE, link),
    }
