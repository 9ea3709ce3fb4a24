from orgs.views.contacts import change_notices, contacts, remove_contact
from orgs.views.editing import create, edit, plan
from orgs.views.listing import detail, history, index
from orgs.views.pools import capacity, change_pool, create_pool, pool, set_capacity
from orgs.views.reservations import (
    cancel_reservation,
    confirm_hold,
    extend_reservation,
    org_capacity,
    reservation,
    reserve,
    shorten_reservation,
)
from orgs.views.states import activate, close, reinstate, suspend

__all__ = [
    "activate",
    "cancel_reservation",
    "capacity",
    "change_notices",
    "change_pool",
    "close",
    "confirm_hold",
    "contacts",
    "create",
    "create_pool",
    "detail",
    "edit",
    "extend_reservation",
    "history",
    "index",
    "org_capacity",
    "plan",
    "pool",
    "reinstate",
    "remove_contact",
    "reservation",
    "reserve",
    "set_capacity",
    "shorten_reservation",
    "suspend",
]
