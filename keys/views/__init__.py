from keys.views.changing import issue, revoke, rotate
from keys.views.editing import edit, pause, resume
from keys.views.gateways import create_gateway, gateway, gateways, revoke_gateway
from keys.views.listing import detail, for_org, history, index

__all__ = [
    "create_gateway",
    "detail",
    "edit",
    "for_org",
    "gateway",
    "gateways",
    "history",
    "index",
    "issue",
    "pause",
    "resume",
    "revoke",
    "revoke_gateway",
    "rotate",
]
