"""What each route answers to each role: a route that is missing here fails a test."""

ROLES = ["administrator", "key_admin", "account_manager", "viewer", "billing", "stranger"]
EVERYBODY = "200 200 200 200 200 403"
# On an object: whoever has no role does not learn that it exists.
WHO_SEES_IT = "200 200 200 200 200 404"
EVERYONE_SIGNED_IN = "200 200 200 200 200 200"
CHANGERS = "200 403 200 403 403 404"
KEY_PEOPLE = "200 200 403 403 403 404"
REVOKERS = "200 200 200 403 403 404"
CONTACT_PEOPLE = "200 200 200 403 403 404"
BILLING_PEOPLE = "200 403 403 403 200 404"
WHO_SEES_GATEWAYS = "200 200 404 404 404 404"

# For each route what a GET answers to each role, in the order of ROLES; the account manager's on her own organization.
ROUTES: dict[str, str] = {
    "home": EVERYONE_SIGNED_IN,
    "orgs:index": EVERYBODY,
    "orgs:create": "200 403 200 403 403 403",
    "orgs:detail": WHO_SEES_IT,
    "orgs:edit": CHANGERS,
    "orgs:plan": KEY_PEOPLE,
    "orgs:activate": KEY_PEOPLE,
    "orgs:suspend": REVOKERS,
    "orgs:reinstate": KEY_PEOPLE,
    "orgs:close": "200 403 403 403 403 404",
    "orgs:contacts": WHO_SEES_IT,
    "orgs:remove_contact": CONTACT_PEOPLE,
    "orgs:history": WHO_SEES_IT,
    "orgs:org_capacity": WHO_SEES_IT,
    "orgs:capacity": EVERYBODY,
    "orgs:pool": WHO_SEES_IT,
    "orgs:create_pool": "200 403 403 403 403 403",
    "orgs:change_pool": "200 403 403 403 403 404",
    "orgs:set_capacity": "200 403 403 403 403 404",
    "orgs:reserve": "200 200 200 403 403 403",
    "orgs:reservation": WHO_SEES_IT,
    "orgs:confirm_hold": CONTACT_PEOPLE,
    "orgs:extend_reservation": CONTACT_PEOPLE,
    "orgs:shorten_reservation": CONTACT_PEOPLE,
    "orgs:cancel_reservation": CONTACT_PEOPLE,
    "keys:index": EVERYBODY,
    "keys:export": EVERYBODY,
    "keys:hygiene": EVERYBODY,
    "keys:save_view": EVERYBODY,
    # A view of the account manager's.
    "keys:rename_view": "404 404 200 404 404 404",
    # Back to the list, since no key is named.
    "keys:bulk": "302 302 403 403 403 403",
    "keys:detail": WHO_SEES_IT,
    "keys:rotate": KEY_PEOPLE,
    "keys:links": EVERYBODY,
    "keys:resend_link": KEY_PEOPLE,
    "keys:cancel_link": KEY_PEOPLE,
    "keys:settle_alarm": KEY_PEOPLE,
    "keys:edit": KEY_PEOPLE,
    "keys:pause": REVOKERS,
    "keys:resume": KEY_PEOPLE,
    "keys:rotation": WHO_SEES_IT,
    "keys:schedule_rotation": KEY_PEOPLE,
    "keys:cancel_rotation": KEY_PEOPLE,
    "keys:undo_rotation": KEY_PEOPLE,
    "keys:end_old_secret": KEY_PEOPLE,
    "keys:extend_overlap": KEY_PEOPLE,
    "keys:revoke": REVOKERS,
    "keys:confirmed": WHO_SEES_IT,
    "keys:history": WHO_SEES_IT,
    "metering:accounts": EVERYBODY,
    "metering:brief": WHO_SEES_IT,
    "metering:sla": WHO_SEES_IT,
    "metering:sla_overview": WHO_SEES_IT,
    "keys:org_limits": WHO_SEES_IT,
    "keys:key_limits": WHO_SEES_IT,
    "keys:end_limit": CONTACT_PEOPLE,
    "keys:live": WHO_SEES_IT,
    "keys:for_org": WHO_SEES_IT,
    "keys:org_refusals": WHO_SEES_IT,
    "keys:refusals": WHO_SEES_IT,
    "keys:refusal": WHO_SEES_IT,
    "keys:dry_run": WHO_SEES_IT,
    "keys:issue": KEY_PEOPLE,
    "lookup": EVERYONE_SIGNED_IN,
    # Without a look-up before it, it sends there.
    "keys:report_leak": "302 302 302 403 403 403",
    "keys:leak": WHO_SEES_IT,
    "keys:replace_leaked": KEY_PEOPLE,
    "keys:contain_leaked": REVOKERS,
    "keys:revoke_leaked": REVOKERS,
    "keys:close_leak": REVOKERS,
    "keys:date_leak": REVOKERS,
    "keys:gateways": "200 200 403 403 403 403",
    "keys:create_gateway": "200 200 403 403 403 403",
    "keys:gateway": WHO_SEES_GATEWAYS,
    "keys:rotate_gateway": WHO_SEES_GATEWAYS,
    "keys:end_gateway_overlap": WHO_SEES_GATEWAYS,
    "keys:edit_gateway": WHO_SEES_GATEWAYS,
    "keys:revoke_gateway": WHO_SEES_GATEWAYS,
    "keys:plan_pilot": CHANGERS,
    "keys:start_pilot": CHANGERS,
    "keys:extend_pilot": CHANGERS,
    "keys:change_pilot": CHANGERS,
    "keys:cancel_pilot": CHANGERS,
    "keys:plans": EVERYBODY,
    "keys:publish_plan": "200 403 403 403 403 404",
    "metering:exports": EVERYBODY,
    "metering:start_export": WHO_SEES_IT,
    # The account manager's own.
    "metering:export_file": "404 404 200 404 404 404",
    "metering:pilots": EVERYBODY,
    "metering:pilot": WHO_SEES_IT,
    "metering:convert_pilot": KEY_PEOPLE,
    "metering:contract": WHO_SEES_IT,
    "metering:edit_contract": "200 403 403 403 200 404",
    "metering:contract": WHO_SEES_IT,
    "metering:edit_contract": "200 403 403 403 200 404",
    "metering:index": EVERYBODY,
    "metering:for_org": WHO_SEES_IT,
    "metering:overview": WHO_SEES_IT,
    "metering:save_view": EVERYBODY,
    "metering:generations": EVERYBODY,
    "metering:generation": WHO_SEES_IT,
    "metering:adjustments": EVERYBODY,
    "metering:ask_adjustment": "200 403 403 403 200 403",
    "metering:adjustment": WHO_SEES_IT,
    "metering:approve_adjustment": "200 403 403 403 403 404",
    "metering:decline_adjustment": "200 403 403 403 403 404",
    "metering:withdraw_adjustment": BILLING_PEOPLE,
    "metering:void_generation": BILLING_PEOPLE,
    "metering:rejects": EVERYBODY,
    "metering:reject": WHO_SEES_IT,
    "metering:retry_reject": BILLING_PEOPLE,
    "metering:dismiss_reject": BILLING_PEOPLE,
    # Back to the list, since none is named.
    "metering:retry_rejects": "302 403 403 403 302 403",
    "metering:dismiss_rejects": "302 403 403 403 302 403",
    "metering:board": EVERYBODY,
    # Back to the list, since none is named.
    "metering:finish_periods": "302 403 403 403 302 403",
    "metering:finish_period": BILLING_PEOPLE,
    "metering:hold_period": BILLING_PEOPLE,
    "metering:release_period": BILLING_PEOPLE,
    "metering:override_period": BILLING_PEOPLE,
    "audit:index": "200 200 200 403 200 403",
    "audit:event": WHO_SEES_IT,
    "audit:history": WHO_SEES_IT,
    "audit:jobs": EVERYBODY,
    # One that somebody else started.
    "audit:job": "200 404 404 404 404 404",
    "audit:export_job": "200 404 404 404 404 404",
}
# By POST, with what each role is answered: 302 is done, 403 refused.
BY_POST = {
    "orgs:change_notices": "302 302 302 403 403 404",
    "orgs:remove_contact": "302 302 302 403 403 404",
    "audit:cancel_job": "302 404 404 404 404 404",
    "keys:remove_view": "404 404 302 404 404 404",
    "metering:cancel_export": "404 404 302 404 404 404",
    "metering:remove_export": "404 404 302 404 404 404",
    "metering:remove_view": "404 404 302 404 404 404",
    "keys:tick_criterion": "302 403 302 403 403 404",
}
# Open to strangers, each for its own reason; `delivery` is the customers', who are none of our people.
OPEN = {"delivery", "healthz", "readyz", "account_login", "account_signup", "account_inactive", "account_logout"}
# Of the person themselves, whoever it is.
OWN = {"appearance"}
# Another door, with its own credentials; tests/gateway.
GATEWAY = "gateway_"
