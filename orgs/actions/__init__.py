from orgs.actions.capacity import change_pool, create_pool, set_capacity
from orgs.actions.contacts import add_contact, change_notices, remove_contact
from orgs.actions.organizations import (
    change_plan,
    create_organization,
    edit_organization,
    lock_organization,
)
from orgs.actions.reservations import (
    begin_reservation,
    cancel_reservation,
    confirm_hold,
    end_reservation,
    extend_reservation,
    reserve,
    shorten_reservation,
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
    "begin_reservation",
    "cancel_reservation",
    "change_notices",
    "change_plan",
    "change_pool",
    "close_organization",
    "confirm_hold",
    "create_organization",
    "create_pool",
    "create_staff",
    "edit_organization",
    "end_reservation",
    "extend_reservation",
    "grant_role",
    "lock_organization",
    "reinstate_organization",
    "remove_contact",
    "reserve",
    "reset_password",
    "revoke_role",
    "set_capacity",
    "shorten_reservation",
    "suspend_organization",
]
