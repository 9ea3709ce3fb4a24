from orgs.actions.contacts import add_contact, change_notices, remove_contact
from orgs.actions.organizations import (
    change_plan,
    create_organization,
    edit_organization,
    lock_organization,
)
from orgs.actions.staff import create_staff, grant_role, reset_password, revoke_role
from orgs.actions.states import (
    activate_organization,
    close_organization,
    reinstate_organization,
    suspend_organization,
)

__all__ = [
    "activate_organization",
    "add_contact",
    "change_notices",
    "change_plan",
    "close_organization",
    "create_organization",
    "create_staff",
    "edit_organization",
    "grant_role",
    "lock_organization",
    "reinstate_organization",
    "remove_contact",
    "reset_password",
    "revoke_role",
    "suspend_organization",
]
