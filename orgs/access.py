"""How a view takes an object: from the person's scope, or not at all."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponseBase

from audit import trail
from audit.verbs import Verb
from orgs import policy, proof
from orgs.models import Organization, Staff
from orgs.policy import Permission
from orgs.requests import StaffRequest

M = TypeVar("M", bound=Model)
# Every model that a view takes an object of has a queryset with `for_user(user, permission)`.
Rows = Any
View = Callable[..., HttpResponseBase]

# What a person must at least see of an object before they are told that they may not change it.
_SEES = {
    "organization": Permission.ORGANIZATION_SEE,
    "contact": Permission.ORGANIZATION_SEE,
    "key": Permission.KEY_SEE,
    "usage": Permission.USAGE_SEE,
    "audit": Permission.AUDIT_SEE,
    "gateway": Permission.GATEWAY_SEE,
    "staff": Permission.STAFF_SEE,
}


class StaffInSession:
    """The signed-in person as pages see them: what they may do, and the organizations in their scope."""

    def __init__(self, request: StaffRequest, user: Staff) -> None:
        self._request = request
        self.user = user

    def can(self, permission: Permission | str, obj: Any = None, *, fresh: bool | None = None) -> bool:
        """Say whether the person may do this; see `policy.can`."""
        return policy.can(self.user, permission, obj, fresh=fresh)

    def must_prove(self, permission: Permission | str, obj: Any = None) -> bool:
        """Say whether the person may do this only after giving a proof that the session does not hold."""
        permission = Permission(permission)
        return policy.needs_step_up(self.user, permission, obj) and not proof.holds(self._request, permission)

    @cached_property
    def organizations(self) -> frozenset[str] | None:
        """The ids of the organizations that the person sees; None for all of them."""
        scope = policy.scope(self.user, Permission.ORGANIZATION_SEE)
        if scope.everything:
            return None
        return frozenset(Organization.objects.filter(scope.as_q()).values_list("uid", flat=True))

    @property
    def label(self) -> str:
        return str(self.user)

    @property
    def roles(self) -> list[str]:
        return self.user.role_labels


def requires(permission: Permission) -> Callable[[View], View]:
    """Refuse the view to whoever holds the permission nowhere; which objects they hold it for, `find` tells."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.staff.can(permission):
                refuse(request, permission)
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


def find(request: StaffRequest, rows: type[M] | QuerySet[M], permission: Permission, **lookup: Any) -> M:
    """Return the one object for which the person holds the permission.

    Raises Http404 where they may not even see it (or it does not exist: the answer is the same), PermissionDenied
    where they see it and may not do this. Both leave an `access.denied` event.
    """
    queryset: Rows = rows._default_manager.all() if isinstance(rows, type) else rows
    sees = _SEES[permission.value.split(".")[0]]
    found: M | None = queryset.for_user(request.user, sees).filter(**lookup).first()
    if found is None:
        name = str(next(iter(lookup.values()), ""))
        refuse(request, permission, target=trail.Target(queryset.model._meta.model_name or "object", name, name))
        raise Http404
    if not policy.can(request.user, permission, found):
        organization = found if isinstance(found, Organization) else getattr(found, "organization", None)
        target: trail.Target = found.target  # type: ignore[attr-defined]
        refuse(request, permission, target=target, organization=organization)
        raise PermissionDenied
    return found


def refuse(
    request: StaffRequest,
    permission: Permission,
    *,
    target: trail.Target | None = None,
    organization: Organization | None = None,
) -> None:
    """Record that the person asked for something that they may not have."""
    trail.record_refusal(
        Verb.ACCESS_DENIED,
        actor=request.actor,
        target=target or trail.Target("page", request.path[:200], request.path[:200]),
        organization=organization.target if organization else None,
        detail={"permission": permission.value, "method": request.method or ""},
    )
