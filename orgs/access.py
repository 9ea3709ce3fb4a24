"""How a view takes an object: from the person's scope, or not at all."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Manager, Model, QuerySet
from django.http import Http404, HttpResponseBase

from audit import trail, wording
from audit.verbs import Verb
from orgs import policy, proof
from orgs.models import Organization, Staff
from orgs.policy import Permission
from orgs.requests import StaffRequest

M = TypeVar("M", bound=Model)
# Every model that a view takes an object of has a queryset with `for_user(user, permission)`.
Rows = Any
View = Callable[..., HttpResponseBase]

# How a refusal calls what a permission is about, and what the person wanted to do to it.
_NOUNS = {"audit": "the audit log", "gateway": "gateway credential"}
_ACTS = {
    "change_plan": "change the plan of",
    "assign": "choose the account manager of",
    "see_all": "see all of",
    "set_above": "set a high",
}

# What the trail calls a model's objects, where the model's own name is another.
_KINDS = {
    "ApiKey": "key",
    "GatewayCredential": "gateway",
    "DeliveryLink": "delivery",
    "LeakReport": "leak",
    "CapacityPool": "pool",
    "LimitRule": "limit",
    "BillingPeriod": "period",
    "AdjustmentRequest": "adjustment",
    "RejectedGeneration": "reject",
}

# What a person must at least see of an object before they are told that they may not change it.
_SEES = {
    "organization": Permission.ORGANIZATION_SEE,
    "contact": Permission.ORGANIZATION_SEE,
    "key": Permission.KEY_SEE,
    "leak": Permission.KEY_SEE,
    "usage": Permission.USAGE_SEE,
    "period": Permission.USAGE_SEE,
    "statement": Permission.USAGE_SEE,
    "audit": Permission.AUDIT_SEE,
    "gateway": Permission.GATEWAY_SEE,
    "staff": Permission.STAFF_SEE,
    "capacity": Permission.CAPACITY_SEE,
    "pilot": Permission.ORGANIZATION_SEE,
    "contract": Permission.USAGE_SEE,
    "limit": Permission.LIMIT_SEE,
    "plan": Permission.ORGANIZATION_SEE,
    "adjustment": Permission.USAGE_SEE,
    "reject": Permission.USAGE_SEE,
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
        return self.organizations_for(Permission.ORGANIZATION_SEE)

    def organizations_for(self, permission: Permission | str) -> frozenset[str] | None:
        """Return the ids of the organizations in which the person holds the permission; None for all of them."""
        scope = policy.scope(self.user, permission)
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
    """Refuse the view to whoever holds the permission nowhere.

    A view with an object in its address takes it by `find`, which alone decides: it knows whose organization it is.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not kwargs and not request.staff.can(permission):
                refuse(request, permission)
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


def find(request: StaffRequest, rows: type[M] | QuerySet[M] | Manager[M], permission: Permission, **lookup: Any) -> M:
    """Return the one object for which the person holds the permission; `rows` may be what an organization has.

    Raises Http404 where they may not even see it (or it does not exist: the answer is the same), PermissionDenied
    where they see it and may not do this. Both leave an `access.denied` event.
    """
    queryset: Rows = rows._default_manager.all() if isinstance(rows, type) else rows.all()
    sees = _SEES[permission.value.split(".")[0]]
    found: M | None = None
    if not any(map(is_unfit, lookup.values())):
        found = queryset.for_user(request.user, sees).filter(**lookup).first()
    if found is None:
        name = str(next(iter(lookup.values()), ""))
        target = trail.Target(_KINDS.get(queryset.model.__name__, queryset.model._meta.model_name), name, name)
        # What an organization has was asked for by somebody who had found the organization already.
        refuse(request, permission, target=target, organization=_organization_of(rows, "instance"))
        raise Http404
    if not policy.can(request.user, permission, found):
        target = found.target  # type: ignore[attr-defined]
        refuse(request, permission, target=target, organization=_organization_of(found, "organization"))
        raise PermissionDenied
    return found


def find_organization(request: StaffRequest, uid: str, permission: Permission) -> Organization:
    """Find an organization as `find` does, with what its pages show at their head."""
    rows = Organization.objects.select_related("plan_version__plan", "account_manager")
    return find(request, rows, permission, uid=uid)


def is_unfit(value: Any) -> bool:
    """Whether no id can be spelled like this; the database refuses some of it with an error."""
    return isinstance(value, str) and any(map(wording.is_unfit, value))


def _organization_of(thing: Any, attribute: str) -> Organization | None:
    owner = thing if isinstance(thing, Organization) else getattr(thing, attribute, None)
    return owner if isinstance(owner, Organization) else None


def refuse(
    request: StaffRequest,
    permission: Permission,
    *,
    target: trail.Target | None = None,
    organization: Organization | None = None,
) -> None:
    """Record that the person asked for something that they may not have."""
    target = target or trail.Target("page", request.path[:200], request.path[:200])
    trail.record_refusal(
        Verb.ACCESS_DENIED,
        actor=request.actor,
        target=target,
        organization=organization.target if organization else None,
        detail={"permission": permission.value, "method": request.method or "", "act": _act(permission, target)},
    )


def _act(permission: Permission, target: trail.Target) -> str:
    """What was refused, so that the target can follow: edit organization, issue key in, see gateway credential at."""
    noun, _, verb = permission.value.partition(".")
    act = " ".join([_ACTS.get(verb, verb.replace("_", " ")), _NOUNS.get(noun, noun)])
    if target.type == noun:
        return act
    return f"{act} {'at' if target.type == 'page' else 'in'}"
