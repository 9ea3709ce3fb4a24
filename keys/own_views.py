"""Views that a person keeps: they are found by their owner alone."""

from django.http import Http404

from audit import trail
from keys.models import SavedView
from orgs import access
from orgs.policy import Permission
from orgs.requests import StaffRequest


def find(request: StaffRequest, uid: str, permission: Permission, *, page: str) -> SavedView:
    """Return a view of one's own, of a page whose name begins so; raises Http404: anybody else's does not exist."""
    rows = SavedView.objects.filter(owner=request.user, page__startswith=page)
    view = None if access.is_unfit(uid) else rows.filter(uid=uid).first()
    if view is None:
        access.refuse(request, permission, target=trail.Target("view", uid, uid))
        raise Http404
    return view
