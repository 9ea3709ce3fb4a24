from keys.views.bulk import bulk
from keys.views.changing import issue, revoke, rotate
from keys.views.confirmations import confirmed
from keys.views.dry_runs import dry_run
from keys.views.editing import edit, pause, resume
from keys.views.ending_leaks import close_leak, contain_leaked, date_leak, replace_leaked, revoke_leaked
from keys.views.gateway_changes import edit_gateway, end_gateway_overlap, rotate_gateway
from keys.views.gateways import create_gateway, gateway, gateways, revoke_gateway
from keys.views.leaks import leak, report_leak
from keys.views.limits import end_limit, key_limits, org_limits
from keys.views.links import cancel_link, links, resend_link, settle_alarm
from keys.views.listing import detail, history
from keys.views.lists import export, for_org, hygiene, index
from keys.views.live import live
from keys.views.pilots import cancel_pilot, change_pilot, extend_pilot, plan_pilot, start_pilot, tick_criterion
from keys.views.plans import plans, publish_plan
from keys.views.refusals import org_refusals, refusal, refusals
from keys.views.rotation import (
    cancel_rotation,
    end_old_secret,
    extend_overlap,
    rotation,
    schedule_rotation,
    undo_rotation,
)
from keys.views.saved import remove_view, rename_view, save_view

__all__ = [
    "bulk",
    "cancel_link",
    "cancel_pilot",
    "cancel_rotation",
    "change_pilot",
    "close_leak",
    "confirmed",
    "contain_leaked",
    "create_gateway",
    "date_leak",
    "detail",
    "dry_run",
    "edit",
    "edit_gateway",
    "end_gateway_overlap",
    "end_limit",
    "end_old_secret",
    "export",
    "extend_overlap",
    "extend_pilot",
    "for_org",
    "gateway",
    "gateways",
    "history",
    "hygiene",
    "index",
    "issue",
    "key_limits",
    "leak",
    "links",
    "live",
    "org_limits",
    "org_refusals",
    "pause",
    "plan_pilot",
    "plans",
    "publish_plan",
    "refusal",
    "refusals",
    "remove_view",
    "rename_view",
    "replace_leaked",
    "report_leak",
    "resend_link",
    "resume",
    "revoke",
    "revoke_gateway",
    "revoke_leaked",
    "rotate",
    "rotate_gateway",
    "rotation",
    "save_view",
    "schedule_rotation",
    "settle_alarm",
    "start_pilot",
    "tick_criterion",
    "undo_rotation",
]
