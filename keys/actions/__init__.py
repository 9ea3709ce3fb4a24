from keys.actions.deliveries import (
    cancel_link,
    cancel_problem,
    deliver,
    deliver_new,
    expire_link,
    hold_new,
    resend_link,
    resend_problem,
)
from keys.actions.editing import edit_key, editing_problem
from keys.actions.elapsed import begin_overlap, begin_rotation, end_overlap, rotation_problem
from keys.actions.expiring import note_expiry
from keys.actions.field_keys import rotate_field_key
from keys.actions.gateway_secrets import edit_gateway, end_gateway_overlap, gateway_problem, rotate_gateway
from keys.actions.gateways import create_gateway, revoke_gateway
from keys.actions.imports import import_key
from keys.actions.keys import issue_key, revoke_key
from keys.actions.leaks import close_leak, contain_leaked, date_leak, replace_leaked, report_leak, revoke_leaked
from keys.actions.limit_ends import end_limit, move_limit_end
from keys.actions.limit_marks import note_limit_change
from keys.actions.limit_plans import publish_plan_version
from keys.actions.limits import set_limits
from keys.actions.openings import open_link, refuse_link, settle_alarm
from keys.actions.overlaps import end_old_secret, extend_overlap, longest_end, undo_rotation
from keys.actions.pausing import pause_key, pausing_problem, resume_key, resuming_problem
from keys.actions.pilot_ends import expire_pilot, warn_of_cap, warn_of_end
from keys.actions.pilots import cancel_pilot, change_pilot, extend_pilot, plan_pilot, start_pilot, tick_criterion
from keys.actions.quotas import warn_of_quota
from keys.actions.rotation import cancel_rotation, rotate_key, schedule_rotation
from keys.actions.saved_views import remove_view, rename_view, save_view

__all__ = [
    "begin_overlap",
    "begin_rotation",
    "cancel_link",
    "cancel_pilot",
    "cancel_problem",
    "cancel_rotation",
    "change_pilot",
    "close_leak",
    "contain_leaked",
    "create_gateway",
    "date_leak",
    "deliver",
    "deliver_new",
    "edit_gateway",
    "edit_key",
    "editing_problem",
    "end_gateway_overlap",
    "end_limit",
    "end_old_secret",
    "end_overlap",
    "expire_link",
    "expire_pilot",
    "extend_overlap",
    "extend_pilot",
    "gateway_problem",
    "hold_new",
    "import_key",
    "issue_key",
    "longest_end",
    "move_limit_end",
    "note_expiry",
    "note_limit_change",
    "open_link",
    "pause_key",
    "pausing_problem",
    "plan_pilot",
    "publish_plan_version",
    "refuse_link",
    "remove_view",
    "rename_view",
    "replace_leaked",
    "report_leak",
    "resend_link",
    "resend_problem",
    "resume_key",
    "resuming_problem",
    "revoke_gateway",
    "revoke_key",
    "revoke_leaked",
    "rotate_field_key",
    "rotate_gateway",
    "rotate_key",
    "rotation_problem",
    "save_view",
    "schedule_rotation",
    "set_limits",
    "settle_alarm",
    "start_pilot",
    "tick_criterion",
    "undo_rotation",
    "warn_of_cap",
    "warn_of_end",
    "warn_of_quota",
]
