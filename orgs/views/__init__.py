from orgs.views.contacts import change_notices, contacts, remove_contact
from orgs.views.editing import create, edit, plan
from orgs.views.listing import detail, history, index
from orgs.views.states import activate, close, reinstate, suspend

__all__ = [
    "activate",
    "change_notices",
    "close",
    "contacts",
    "create",
    "detail",
    "edit",
    "history",
    "index",
    "plan",
    "reinstate",
    "remove_contact",
    "suspend",
]
