from keys.actions.gateways import create_gateway, revoke_gateway
from keys.actions.keys import end_overlap, issue_key, revoke_key, rotate_key, rotation_problem
from keys.actions.pilots import start_pilot

__all__ = [
    "create_gateway",
    "end_overlap",
    "issue_key",
    "revoke_gateway",
    "revoke_key",
    "rotate_key",
    "rotation_problem",
    "start_pilot",
]
