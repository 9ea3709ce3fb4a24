"""The request as our middleware leaves it."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from audit import trail
from orgs.models import Staff

if TYPE_CHECKING:
    from orgs.access import StaffInSession


class StaffRequest(HttpRequest):
    """A request of a signed-in person. For annotations: nobody makes one."""

    id: str
    user: Staff
    staff: "StaffInSession"
    actor: trail.Actor
    htmx: HtmxDetails
    # The view name of the page under which this one stands, where its own does not say so.
    stands_under: str
