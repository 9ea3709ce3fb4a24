from keys.views.changing import issue, revoke, rotate
from keys.views.gateways import create_gateway, gateway, gateways, revoke_gateway
from keys.views.listing import detail, for_org, history, index

__all__ = [
    "create_gateway",
    "detail",
    "for_org",
    "gateway",
    "gateways",
    "history",
    "index",
    "issue",
    "revoke",
    "revoke_gateway",
    "rotate",
]
