from keys.actions.elapsed import begin_overlap, begin_rotation, end_overlap, rotation_problem
from keys.actions.gateways import create_gateway, revoke_gateway
from keys.actions.keys import issue_key, revoke_key
from keys.actions.overlaps import end_old_secret, extend_overlap, longest_end, undo_rotation
from keys.actions.pilots import start_pilot
from keys.actions.rotation import cancel_rotation, rotate_key, schedule_rotation

__all__ = [
    "begin_overlap",
    "begin_rotation",
    "cancel_rotation",
    "create_gateway",
    "end_old_secret",
    "end_overlap",
    "extend_overlap",
    "issue_key",
    "longest_end",
    "revoke_gateway",
    "revoke_key",
    "rotate_key",
    "rotation_problem",
    "schedule_rotation",
    "start_pilot",
    "undo_rotation",
]
