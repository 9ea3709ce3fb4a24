"""Who may do what: one table, one question. Pure: it reads the grants that a person carries and touches no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Q, TextChoices


class Role(TextChoices):
    ADMINISTRATOR = "administrator", "Administrator"
    KEY_ADMIN = "key_admin", "Key admin"
    ACCOUNT_MANAGER = "account_manager", "Account manager"
    VIEWER = "viewer", "Viewer"
    BILLING = "billing", "Billing"


class Permission(TextChoices):
    ORGANIZATION_SEE = "organization.see"
    ORGANIZATION_CREATE = "organization.create"
    ORGANIZATION_EDIT = "organization.edit"
    ORGANIZATION_ASSIGN = "organization.assign"
    CONTACT_EDIT = "contact.edit"
    ORGANIZATION_ACTIVATE = "organization.activate"
    ORGANIZATION_CHANGE_PLAN = "organization.change_plan"
    ORGANIZATION_SUSPEND = "organization.suspend"
    ORGANIZATION_REINSTATE = "organization.reinstate"
    ORGANIZATION_CLOSE = "organization.close"
    KEY_SEE = "key.see"
    KEY_ISSUE = "key.issue"
    KEY_ROTATE = "key.rotate"
    KEY_DELIVER = "key.deliver"
    KEY_PAUSE = "key.pause"
    KEY_RESUME = "key.resume"
    KEY_EDIT = "key.edit"
    KEY_REVOKE = "key.revoke"
    KEY_CONTAIN = "key.contain"
    LEAK_REPORT = "leak.report"
    USAGE_SEE = "usage.see"
    AUDIT_SEE = "audit.see"
    AUDIT_SEE_KEYS = "audit.see_keys"
    AUDIT_SEE_BILLING = "audit.see_billing"
    AUDIT_SEE_ALL = "audit.see_all"
    STAFF_SEE = "staff.see"
    GATEWAY_SEE = "gateway.see"
    GATEWAY_CREATE = "gateway.create"
    GATEWAY_EDIT = "gateway.edit"
    GATEWAY_ROTATE = "gateway.rotate"
    GATEWAY_REVOKE = "gateway.revoke"
    KEY_BULK = "key.bulk"
    JOB_MANAGE = "job.manage"
    LIMIT_SEE = "limit.see"
    LIMIT_SET = "limit.set"
    LIMIT_SET_ABOVE = "limit.set_above"
    PLAN_PUBLISH = "plan.publish"
    PILOT_MANAGE = "pilot.manage"
    PILOT_EXCEED = "pilot.exceed"
    PILOT_CONVERT = "pilot.convert"
    CAPACITY_SEE = "capacity.see"
    CAPACITY_RESERVE = "capacity.reserve"
    CAPACITY_MANAGE = "capacity.manage"
    CONTRACT_EDIT = "contract.edit"
    PERIOD_FINISH = "period.finish"
    STATEMENT_SEND = "statement.send"
    FINANCE_EXPORT = "finance.export"
    ADJUSTMENT_ASK = "adjustment.ask"
    ADJUSTMENT_DECIDE = "adjustment.decide"
    REJECT_DECIDE = "reject.decide"


@dataclass(frozen=True)
class Rule:
    """How far a role reaches for one permission, and whether the person must prove who they are again."""

    own: bool = False
    step_up: bool = False
    environments: frozenset[str] | None = None


@dataclass(frozen=True)
class Grant:
    """A role that a person holds now: everywhere, or in one organization."""

    role: str
    organization_id: int | None = None


@dataclass(frozen=True)
class Scope:
    """The organizations that a person reaches with one permission."""

    everything: bool
    own_of: int | None
    organization_ids: frozenset[int]

    def as_q(self, prefix: str = "") -> Q:
        """Return the filter for a model whose path to its organization is `prefix` (with its `__`)."""
        if self.everything:
            return Q()
        mine = Q(**{f"{prefix}id__in": self.organization_ids})
        return mine | Q(**{f"{prefix}account_manager_id": self.own_of}) if self.own_of else mine


class Person(Protocol):
    """What the policy needs of a staff member."""

    id: int
    is_active: bool

    @property
    def grants(self) -> tuple[Grant, ...]: ...


ANYWHERE = Rule()
PROVEN = Rule(step_up=True)
OWN = Rule(own=True)
OWN_PROVEN = Rule(own=True, step_up=True)
STAGING = Rule(step_up=True, environments=frozenset({"staging"}))

_ADMIN, _KEYS, _MANAGER, _VIEWER, _BILLING = (
    Role.ADMINISTRATOR,
    Role.KEY_ADMIN,
    Role.ACCOUNT_MANAGER,
    Role.VIEWER,
    Role.BILLING,
)
_EVERYBODY = {_ADMIN: ANYWHERE, _KEYS: ANYWHERE, _MANAGER: OWN, _VIEWER: ANYWHERE, _BILLING: ANYWHERE}
_MONEY = {_ADMIN: ANYWHERE, _BILLING: ANYWHERE}

# security.md's table, a row a permission. Approvals and the other roles arrive as further columns.
TABLE: dict[Permission, dict[Role, Rule]] = {
    Permission.ORGANIZATION_SEE: _EVERYBODY,
    Permission.KEY_SEE: _EVERYBODY,
    Permission.USAGE_SEE: _EVERYBODY,
    Permission.ORGANIZATION_CREATE: {_ADMIN: ANYWHERE, _MANAGER: OWN},
    Permission.ORGANIZATION_EDIT: {_ADMIN: ANYWHERE, _MANAGER: OWN},
    # An account manager who could hand over an organization, or take one, would be choosing their own scope.
    Permission.ORGANIZATION_ASSIGN: {_ADMIN: ANYWHERE},
    Permission.CONTACT_EDIT: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE, _MANAGER: OWN},
    Permission.ORGANIZATION_ACTIVATE: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE},
    Permission.ORGANIZATION_CHANGE_PLAN: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE},
    Permission.ORGANIZATION_SUSPEND: {
        _ADMIN: ANYWHERE,
        _KEYS: ANYWHERE,
        _MANAGER: OWN_PROVEN,
    },
    Permission.ORGANIZATION_REINSTATE: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE},
    # Closing is final, so the proof is asked of the only role that may.
    Permission.ORGANIZATION_CLOSE: {_ADMIN: PROVEN},
    Permission.KEY_ISSUE: {_ADMIN: PROVEN, _KEYS: PROVEN},
    Permission.KEY_ROTATE: {_ADMIN: PROVEN, _KEYS: PROVEN},
    # Whoever resends a one-time link makes a new secret.
    Permission.KEY_DELIVER: {_ADMIN: PROVEN, _KEYS: PROVEN},
    Permission.KEY_PAUSE: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE, _MANAGER: OWN_PROVEN},
    # As with organizations: whoever may stop it in a hurry does not thereby let it run again.
    Permission.KEY_RESUME: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE},
    Permission.KEY_EDIT: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE},
    # On top of what each key asks for: one mistake here is made many times.
    Permission.KEY_BULK: {_ADMIN: PROVEN, _KEYS: PROVEN},
    # To see and stop what others started; one's own jobs are one's own.
    Permission.JOB_MANAGE: {_ADMIN: ANYWHERE},
    Permission.KEY_REVOKE: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE, _MANAGER: OWN_PROVEN},
    Permission.KEY_CONTAIN: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE, _MANAGER: OWN_PROVEN},
    # Everybody who sees keys may look one up; what is written down is said by those who answer for it.
    Permission.LEAK_REPORT: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE, _MANAGER: OWN},
    Permission.AUDIT_SEE: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE, _MANAGER: OWN, _BILLING: ANYWHERE},
    Permission.AUDIT_SEE_KEYS: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE, _MANAGER: OWN},
    Permission.AUDIT_SEE_BILLING: {_ADMIN: ANYWHERE, _MANAGER: OWN, _BILLING: ANYWHERE},
    # Without it the log shows what was done to keys and limits alone, or to bills.
    Permission.AUDIT_SEE_ALL: {_ADMIN: ANYWHERE, _MANAGER: OWN},
    # Who signed in, and who was given which role.
    Permission.STAFF_SEE: {_ADMIN: ANYWHERE},
    Permission.GATEWAY_SEE: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE},
    Permission.GATEWAY_CREATE: {_ADMIN: PROVEN, _KEYS: STAGING},
    Permission.GATEWAY_EDIT: {_ADMIN: PROVEN, _KEYS: STAGING},
    Permission.GATEWAY_ROTATE: {_ADMIN: PROVEN, _KEYS: STAGING},
    Permission.GATEWAY_REVOKE: {_ADMIN: PROVEN, _KEYS: STAGING},
    Permission.LIMIT_SEE: _EVERYBODY,
    Permission.LIMIT_SET: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE, _MANAGER: OWN},
    # Beyond the threshold of the organization's plan.
    Permission.LIMIT_SET_ABOVE: {_ADMIN: ANYWHERE},
    # It may move every customer of the plan at once.
    Permission.PLAN_PUBLISH: {_ADMIN: PROVEN},
    Permission.PILOT_MANAGE: {_ADMIN: ANYWHERE, _MANAGER: OWN},
    # Longer than the policy's length, or faster than the plan's threshold.
    Permission.PILOT_EXCEED: {_ADMIN: ANYWHERE},
    Permission.PILOT_CONVERT: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE},
    # Room is everybody's: an account manager sees how much of it is taken, and by whom where they see the organization.
    Permission.CAPACITY_SEE: {**_EVERYBODY, _MANAGER: ANYWHERE},
    Permission.CAPACITY_RESERVE: {_ADMIN: ANYWHERE, _KEYS: ANYWHERE, _MANAGER: OWN},
    Permission.CAPACITY_MANAGE: {_ADMIN: ANYWHERE},
    Permission.CONTRACT_EDIT: _MONEY,
    # Final early, held, released, or final although the gateway's counts differ.
    Permission.PERIOD_FINISH: _MONEY,
    Permission.STATEMENT_SEND: _MONEY,
    # One file over all organizations.
    Permission.FINANCE_EXPORT: _MONEY,
    Permission.ADJUSTMENT_ASK: _MONEY,
    # Never one's own: the database refuses that too.
    Permission.ADJUSTMENT_DECIDE: {_ADMIN: ANYWHERE},
    Permission.REJECT_DECIDE: _MONEY,
}

# About nothing in one organization, so that a role in one organization gives none of it.
EVERYWHERE = frozenset(
    {
        Permission.ORGANIZATION_CREATE,
        Permission.ORGANIZATION_ASSIGN,
        Permission.STAFF_SEE,
        Permission.GATEWAY_SEE,
        Permission.GATEWAY_CREATE,
        Permission.GATEWAY_EDIT,
        Permission.GATEWAY_ROTATE,
        Permission.GATEWAY_REVOKE,
        Permission.JOB_MANAGE,
        Permission.PLAN_PUBLISH,
        Permission.CAPACITY_SEE,
        Permission.CAPACITY_MANAGE,
        Permission.FINANCE_EXPORT,
    }
)


def can(
    user: Person,
    permission: Permission | str,
    obj: Any = None,
    *,
    fresh: bool | None = None,
) -> bool:
    """Say whether the person may do this to this object.

    Without an object: anywhere at all, or everywhere for what is about no one organization. `fresh` says whether the
    person has proved who they are just now; None leaves that question out, as for showing a button.
    """
    rules = list(_rules(user, Permission(permission), obj))
    if fresh is None or fresh:
        return bool(rules)
    return any(not rule.step_up for rule in rules)


def needs_step_up(user: Person, permission: Permission | str, obj: Any = None) -> bool:
    """Say whether the person may do this, but only after proving again who they are."""
    return can(user, permission, obj) and not can(user, permission, obj, fresh=False)


def scope(user: Person, permission: Permission | str) -> Scope:
    """Return the organizations in which the person holds the permission."""
    held = [(grant, TABLE[Permission(permission)].get(Role(grant.role))) for grant in _grants(user)]
    found = [(grant, rule) for grant, rule in held if rule]
    everywhere = [rule for grant, rule in found if grant.organization_id is None]
    single = frozenset(grant.organization_id for grant, _ in found if grant.organization_id is not None)
    return Scope(
        any(not rule.own for rule in everywhere),
        user.id if any(r.own for r in everywhere) else None,
        single,
    )


def _grants(user: Person) -> tuple[Grant, ...]:
    return user.grants if user.is_active else ()


def _rules(user: Person, permission: Permission, obj: Any) -> Iterable[Rule]:
    for grant in _grants(user):
        rule = TABLE[permission].get(Role(grant.role))
        covers = _covers_something(grant, permission) if obj is None else rule and _covers(user, grant, rule, obj)
        if rule and covers:
            yield rule


def _covers_something(grant: Grant, permission: Permission) -> bool:
    return grant.organization_id is None or permission not in EVERYWHERE


def _covers(user: Person, grant: Grant, rule: Rule, obj: Any) -> bool:
    if rule.environments is not None and getattr(obj, "environment", None) not in rule.environments:
        return False
    # An object of no organization (a gateway credential) is reached only by a role that holds everywhere.
    organization = obj if hasattr(obj, "account_manager_id") else getattr(obj, "organization", None)
    if organization is None:
        return grant.organization_id is None and not rule.own
    if grant.organization_id is not None:
        return bool(grant.organization_id == organization.id)
    return not rule.own or organization.account_manager_id == user.id
