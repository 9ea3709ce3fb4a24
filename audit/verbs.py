"""Every verb that the trail knows. A new one is one more entry: verb, operation, icon, sentence, fields, needs_reason.

In a sentence `rotated/rotate` is what was done and what was refused, with the actor before it; a part in [brackets]
goes when a value in it is missing. `fields` are what changes and detail may hold.
"""

from typing import Self

from django.db import models

from audit import metering_entries
from audit.entries import Entry

_ORGANIZATION = "name slug legal_name crm_ref purchase_order renewal_on account_manager time_zone notes status plan"
_KEY = "name purpose environment api_versions allowed_cidrs not_before expires_at rotate_every public_id last_four"
_GATEWAY = "name environment scopes allowed_cidrs expires_at public_id last_four"
_ROLE = "role scope expires_at"
_LINK = "recipient expires_at public_id link"
_LIMIT = (
    "name dimension api_version kind limit period_s window burst mode overage_allowance warn_at effective_from"
    " effective_until from to begins ends withdrawn key"
)
_PLAN = (
    "code name version limits organizations api_versions default_key_days longest_key_days longest_overlap_hours"
    " counter_store_down approval_threshold v1_availability v1_p95_ms v2_availability v2_p95_ms"
)
_PILOT = "starts_at ends_at state generation_cap rates running_jobs criteria production_plan"
_POOL = "region unit_name jobs_per_unit generations_per_minute_per_unit"
_RESERVATION = "units pool first last state hold_expires_at overflow contract_ref released_on"


class Verb(models.TextChoices):
    """`noun.verb_past`; what the registry says about it stands in `entry`."""

    entry: Entry

    def __new__(cls, entry: Entry) -> Self:
        verb = str.__new__(cls, entry.verb)
        verb._value_ = entry.verb
        verb.entry = entry
        return verb

    # fmt: off
    ORGANIZATION_CREATED = Entry("organization.created", "create", "building-office-2",
        "created/create {target}", _ORGANIZATION)
    ORGANIZATION_ACTIVATED = Entry("organization.activated", "update", "play-circle",
        "activated/activate {target}", "status plan")
    ORGANIZATION_EDITED = Entry("organization.edited", "update", "pencil-square", "edited/edit {target}", _ORGANIZATION)
    ORGANIZATION_SUSPENDED = Entry("organization.suspended", "update", "pause-circle",
        "suspended/suspend {target}", "status", needs_reason=True)
    ORGANIZATION_REINSTATED = Entry("organization.reinstated", "update", "play-circle",
        "reinstated/reinstate {target}", "status", needs_reason=True)
    ORGANIZATION_CLOSED = Entry("organization.closed", "delete", "archive-box",
        "closed/close {target}", "status", needs_reason=True)
    ORGANIZATION_PLAN_CHANGED = Entry("organization.plan_changed", "update", "rectangle-stack",
        "changed/change the plan of {target}[ to {to_plan}]", "plan plan_version to_plan")

    CONTACT_ADDED = Entry("contact.added", "create", "user-plus",
        "added/add contact {target}[ to {organization}]", "kind name email")
    CONTACT_EDITED = Entry("contact.edited", "update", "user",
        "edited/edit contact {target}[ of {organization}]", "kind name email")
    CONTACT_REMOVED = Entry("contact.removed", "delete", "user-minus",
        "removed/remove contact {target}[ from {organization}]", "kind name email")
    CONTACT_NOTICES_CHANGED = Entry("contact.notices_changed", "update", "envelope",
        "changed/change what the contacts of {target} are told", "not_told")

    KEY_ISSUED = Entry("key.issued", "create", "key", "issued/issue key {target}[ for {organization}]", _KEY)
    KEY_EDITED = Entry("key.edited", "update", "pencil-square",
        "edited/edit key {target}[ of {organization}]", f"{_KEY} overlap_until")
    KEY_ROTATED = Entry("key.rotated", "update", "arrow-path",
        "rotated/rotate key {target}[ of {organization}][, overlap {overlap}]",
        "overlap overlap_until expires_at state public_id last_four old_public_id")
    KEY_PAUSED = Entry("key.paused", "update", "pause-circle",
        "paused/pause key {target}[ of {organization}]", "state", needs_reason=True)
    KEY_RESUMED = Entry("key.resumed", "update", "play-circle",
        "resumed/resume key {target}[ of {organization}]", "state")
    KEY_EXPIRY_WARNED = Entry("key.expiry_warned", "update", "bell-alert",
        "told/tell the contacts[ of {organization}] that key {target} expires[ within {days} days]",
        "days expires_at contacts")
    KEY_EXPIRED = Entry("key.expired", "update", "clock",
        "Key {target}[ of {organization}] expired", "expires_at contacts")
    KEY_REVOKED = Entry("key.revoked", "delete", "no-symbol",
        "revoked/revoke key {target}[ of {organization}][, {code}]", "state code public_id", needs_reason=True)
    KEY_ROTATION_SCHEDULED = Entry("key.rotation_scheduled", "update", "calendar-days",
        "scheduled/schedule a rotation of key {target}[ of {organization}][ for {begins}][, overlap {overlap}]",
        "begins overlap overlap_until public_id")
    KEY_ROTATION_CANCELLED = Entry("key.rotation_cancelled", "update", "x-circle",
        "cancelled/cancel the scheduled rotation of key {target}[ of {organization}]", "begins public_id")
    KEY_ROTATION_BEGAN = Entry("key.rotation_began", "update", "arrow-path",
        "began/begin the scheduled rotation of key {target}[ of {organization}]", "begins overlap_until public_id")
    KEY_ROTATION_UNDONE = Entry("key.rotation_undone", "update", "arrow-uturn-left",
        "undid/undo the rotation of key {target}[ of {organization}]", "public_id", needs_reason=True)
    KEY_OVERLAP_BEGAN = Entry("key.overlap_began", "update", "play-circle",
        "saw/see the first use of the new secret of key {target}[ of {organization}], which its overlap waited for",
        "overlap_until first_used_at public_id")
    KEY_OVERLAP_EXTENDED = Entry("key.overlap_extended", "update", "clock",
        "extended/extend the overlap of key {target}[ of {organization}]", "overlap_until public_id")
    KEY_OLD_SECRET_ENDED = Entry("key.old_secret_ended", "update", "stop-circle",
        "ended/end the old secret of key {target}[ of {organization}]", "overlap_until public_id", needs_reason=True)
    KEY_OVERLAP_ENDED = Entry("key.overlap_ended", "update", "stop-circle",
        "ended/end the overlap of key {target}[ of {organization}]", "overlap_until public_id state")

    KEY_CONTAINED = Entry("key.contained", "update", "shield-exclamation",
        "contained/contain key {target}[ of {organization}]", "allowed_cidrs public_id", needs_reason=True)
    LEAK_REPORTED = Entry("leak.reported", "create", "fire",
        "reported/report {target}[ of {organization}] as leaked[, seen by {source}]",
        "public_id source exposed_since outcome")
    LEAK_DATED = Entry("leak.dated", "update", "clock",
        "dated/date the leak of {target}[ of {organization}]", "public_id exposed_since")
    LEAK_CLOSED = Entry("leak.closed", "update", "check-circle",
        "closed/close the leak of {target}[ of {organization}][, {outcome}]", "public_id outcome", needs_reason=True)

    DELIVERY_CREATED = Entry("delivery.created", "create", "link",
        "made/make a one-time link to the secret of key {target}[ of {organization}][ for {recipient}]", _LINK)
    DELIVERY_HELD = Entry("delivery.held", "create", "inbox",
        "kept/keep the new secret of key {target}[ of {organization}] for handing over[ to {recipient}]", _LINK)
    DELIVERY_RESENT = Entry("delivery.resent", "update", "link",
        "replaced/replace the undelivered secret of key {target}[ of {organization}][ by one for {recipient}]", _LINK)
    DELIVERY_CANCELLED = Entry("delivery.cancelled", "delete", "x-circle",
        "cancelled/cancel the one-time link to the secret of key {target}[ of {organization}][ for {recipient}]", _LINK)
    DELIVERY_EXPIRED = Entry("delivery.expired", "update", "clock",
        "ended/end the one-time link to the secret of key {target}[ of {organization}] that nobody had opened", _LINK)
    DELIVERY_OPENED = Entry("delivery.opened", "access", "lock-open",
        "opened/open the one-time link to the secret of key {target}[ of {organization}]", _LINK)
    DELIVERY_LATE_OPEN = Entry("delivery.late_open", "access", "bell-alert",
        "opened/open the one-time link to the secret of key {target}[ of {organization}] once more",
        f"{_LINK} late_opens")
    DELIVERY_REPEATED = Entry("delivery.repeated", "access", "cursor-arrow-rays",
        "pressed/press the button of the one-time link to the secret of key {target}[ of {organization}] twice", _LINK)
    DELIVERY_REFUSED = Entry("delivery.refused", "access", "no-symbol",
        "opened/open the customer's one-time link {target}[ of {organization}]", _LINK)
    DELIVERY_ALARM_SETTLED = Entry("delivery.alarm_settled", "update", "bell-slash",
        "settled/settle the alarm of a one-time link to key {target}[ of {organization}]", f"{_LINK} late_opens",
        needs_reason=True)

    GATEWAY_CREATED = Entry("gateway.created", "create", "server-stack",
        "created/create gateway credential {target}", _GATEWAY)
    GATEWAY_REVOKED = Entry("gateway.revoked", "delete", "no-symbol",
        "revoked/revoke gateway credential {target}", "public_id revoked_at", needs_reason=True)
    GATEWAY_EDITED = Entry("gateway.edited", "update", "pencil-square",
        "edited/edit gateway credential {target}", _GATEWAY)
    GATEWAY_ROTATED = Entry("gateway.rotated", "update", "arrow-path",
        "rotated/rotate gateway credential {target}[, overlap {overlap}]", "overlap overlap_until public_id")
    GATEWAY_OVERLAP_ENDED = Entry("gateway.overlap_ended", "update", "stop-circle",
        "ended/end the overlap of gateway credential {target}", "overlap_until public_id state")
    GATEWAY_DEMO_CREDENTIAL_ENDED = Entry("gateway.demo_credential_ended", "delete", "stop-circle",
        "ended/end demo gateway credential {target} of the last run", "public_id revoked_at")

    KEY_DEMO_CREDENTIAL_ENDED = Entry("key.demo_credential_ended", "delete", "stop-circle",
        "ended/end demo key {target}[ of {organization}] of the last run", "public_id state")

    KEY_IMPORTED = Entry("key.imported", "create", "arrow-down-on-square",
        "imported/import key {target}[ of {organization}]", f"{_KEY} prefix")
    FIELD_KEY_ROTATED = Entry("field_key.rotated", "update", "lock-closed",
        "sealed/seal every digest again under {target}[, {rows} of them]", "rows unopened")

    CONTRACT_OPENED = metering_entries.CONTRACT_OPENED
    CONTRACT_CHANGED = metering_entries.CONTRACT_CHANGED
    CONTRACT_CORRECTED = metering_entries.CONTRACT_CORRECTED
    CONTRACT_WITHDRAWN = metering_entries.CONTRACT_WITHDRAWN

    PERIOD_OPENED = metering_entries.PERIOD_OPENED
    PERIOD_SPLIT = metering_entries.PERIOD_SPLIT
    PERIOD_REVIEW_BEGUN = metering_entries.PERIOD_REVIEW_BEGUN
    PERIOD_HELD = metering_entries.PERIOD_HELD
    PERIOD_RELEASED = metering_entries.PERIOD_RELEASED
    PERIOD_OVERRIDDEN = metering_entries.PERIOD_OVERRIDDEN
    PERIOD_CLOSING_BEGUN = metering_entries.PERIOD_CLOSING_BEGUN
    PERIOD_FINISHED = metering_entries.PERIOD_FINISHED

    LIMIT_SET = Entry("limit.set", "update", "adjustments-horizontal",
        "set/set the limit {target}[ of {organization}][ to {to}][ from {begins} on][ until {ends}]", _LIMIT,
        needs_reason=True)
    LIMIT_REMOVED = Entry("limit.removed", "update", "arrow-uturn-left",
        "took/take back the limit {target}[ of {organization}][ from {begins} on][, then {to}]", _LIMIT,
        needs_reason=True)
    LIMIT_MOVED = Entry("limit.moved", "update", "calendar-days",
        "moved/move the end of the limit {target}[ of {organization}][ to {ends}]", _LIMIT, needs_reason=True)
    LIMIT_CUT_SHORT = Entry("limit.cut_short", "update", "stop-circle",
        "ended/end the limit {target}[ of {organization}] before its time[, then {to}]", _LIMIT, needs_reason=True)
    LIMIT_WITHDRAWN = Entry("limit.withdrawn", "update", "x-circle",
        "withdrew/withdraw the limit {target}[ of {organization}][ that was to begin on {begins}]", _LIMIT,
        needs_reason=True)
    LIMIT_BEGAN = Entry("limit.began", "update", "play-circle",
        "The limit {target}[ of {organization}] began[ on {begins}][: {to}]", _LIMIT)
    LIMIT_ENDED = Entry("limit.ended", "update", "clock",
        "The limit {target}[ of {organization}] ended[ on {ends}][, then {to}]", _LIMIT)
    LIMIT_WARNED = Entry("limit.warned", "update", "bell-alert",
        "told/tell the people[ of {organization}] that[ {percent} % of] the limit {target} is used",
        "percent used limit contacts")
    PLAN_PUBLISHED = Entry("plan.published", "create", "rectangle-stack",
        "published/publish {target}[, to which {organizations} organizations moved]", _PLAN, needs_reason=True)

    PILOT_STARTED = Entry("pilot.started", "create", "beaker",
        "started/start the pilot[ of {organization}][, until {ends}]", f"{_PILOT} ends")
    PILOT_PLANNED = Entry("pilot.planned", "create", "beaker", "planned/plan the pilot[ of {organization}]", _PILOT)
    PILOT_CHANGED = Entry("pilot.changed", "update", "beaker", "changed/change the pilot[ of {organization}]", _PILOT)
    PILOT_EXTENDED = Entry("pilot.extended", "update", "calendar-days",
        "extended/extend the pilot[ of {organization}][ until {ends}]", f"{_PILOT} ends", needs_reason=True)
    PILOT_CANCELLED = Entry("pilot.cancelled", "delete", "x-circle",
        "cancelled/cancel the pilot[ of {organization}]", _PILOT, needs_reason=True)
    PILOT_EXPIRED = Entry("pilot.expired", "update", "clock",
        "The pilot[ of {organization}] ended[ on {ended}]", f"{_PILOT} ended contacts")
    PILOT_CONVERTED = Entry("pilot.converted", "update", "rocket-launch",
        "converted/convert the pilot[ of {organization}][ to {to_plan}]",
        f"{_PILOT} status plan to_plan contract reservation at")
    PILOT_CRITERION_TICKED = Entry("pilot.criterion_ticked", "update", "check-circle",
        "judged/judge a criterion of the pilot[ of {organization}][: {criterion}][, {judged}]", "criterion met judged")
    PILOT_END_WARNED = Entry("pilot.end_warned", "update", "bell-alert",
        "told/tell the people[ of {organization}] that its pilot ends[ within {days} days]", "days ends_at contacts")
    PILOT_CAP_WARNED = Entry("pilot.cap_warned", "update", "bell-alert",
        "told/tell the people[ of {organization}] that its pilot has used[ {percent} % of] its cap",
        "percent used generation_cap contacts")

    POOL_CREATED = Entry("pool.created", "create", "server-stack",
        "opened/open pool {target}[ with {capacity}]", f"{_POOL} api_version capacity opens_on")
    POOL_CHANGED = Entry("pool.changed", "update", "pencil-square", "changed/change what a unit of {target} is", _POOL)
    POOL_CAPACITY_SET = Entry("pool.capacity_set", "update", "arrows-up-down",
        "set/set what {target} holds[ to {capacity}][ from {starts_on} on]", "capacity starts_on", needs_reason=True)

    RESERVATION_MADE = Entry("reservation.made", "create", "calendar-days",
        "reserved/reserve {target}[ for {organization}]", _RESERVATION)
    RESERVATION_HELD = Entry("reservation.held", "create", "clock",
        "held/hold {target}[ for {organization}][ until {until}]", f"{_RESERVATION} until")
    RESERVATION_CONFIRMED = Entry("reservation.confirmed", "update", "check-circle",
        "confirmed/confirm {target}[ for {organization}]", _RESERVATION)
    RESERVATION_BEGAN = Entry("reservation.began", "update", "play-circle",
        "{target}[ of {organization}] began", _RESERVATION)
    RESERVATION_EXTENDED = Entry("reservation.extended", "update", "arrow-long-right",
        "extended/extend {target}[ of {organization}]", _RESERVATION)
    RESERVATION_SHORTENED = Entry("reservation.shortened", "update", "arrow-long-left",
        "shortened/shorten {target}[ of {organization}]", _RESERVATION, needs_reason=True)
    RESERVATION_CANCELLED = Entry("reservation.cancelled", "delete", "x-circle",
        "cancelled/cancel {target}[ of {organization}]", _RESERVATION, needs_reason=True)
    RESERVATION_ENDED = Entry("reservation.ended", "update", "stop-circle",
        "{target}[ of {organization}] ended", _RESERVATION)
    RESERVATION_LAPSED = Entry("reservation.lapsed", "update", "clock",
        "The hold of {target}[ for {organization}] ran out", _RESERVATION)

    ROLE_GRANTED = Entry("role.granted", "create", "shield-check",
        "granted/grant {target}[ the role {role}][, {scope}]", _ROLE)
    ROLE_REVOKED = Entry("role.revoked", "delete", "shield-exclamation",
        "took/take[ the role {role} from] {target}[, {scope}]", _ROLE, needs_reason=True)

    STAFF_CREATED = Entry("staff.created", "create", "user-plus",
        "created/create staff account {target}", "name email role")
    STAFF_DEACTIVATED = Entry("staff.deactivated", "update", "user-minus",
        "deactivated/deactivate {target}", "is_active", needs_reason=True)
    STAFF_SIGNED_IN = Entry("staff.signed_in", "authenticate", "arrow-right-on-rectangle", "signed/sign in", "method")
    STAFF_SIGN_IN_FAILED = Entry("staff.sign_in_failed", "authenticate", "exclamation-triangle",
        "Sign-in as {target} failed", "method")
    STAFF_SIGNED_OUT = Entry("staff.signed_out", "authenticate", "arrow-left-on-rectangle", "signed/sign out", "method")
    STAFF_STEPPED_UP = Entry("staff.stepped_up", "authenticate", "finger-print",
        "proved/prove again who they are[ to {purpose}]", "method purpose")
    STAFF_ACCESS_RESET = Entry("staff.access_reset", "update", "key", "reset/reset the sign-in of {target}", "method")

    ACCESS_DENIED = Entry("access.denied", "access", "no-symbol",
        "{actor} may not[ {act}] {target}[ of {organization}]", "permission route method act")

    STATEMENT_ISSUED = metering_entries.STATEMENT_ISSUED
    STATEMENT_SENT = metering_entries.STATEMENT_SENT
    STATEMENT_DOWNLOADED = metering_entries.STATEMENT_DOWNLOADED
    FINANCE_EXPORTED = metering_entries.FINANCE_EXPORTED
    USAGE_EXPORTED = metering_entries.USAGE_EXPORTED
    ADJUSTMENT_ASKED = metering_entries.ADJUSTMENT_ASKED
    ADJUSTMENT_APPROVED = metering_entries.ADJUSTMENT_APPROVED
    ADJUSTMENT_DECLINED = metering_entries.ADJUSTMENT_DECLINED
    ADJUSTMENT_WITHDRAWN = metering_entries.ADJUSTMENT_WITHDRAWN
    REJECT_RETRIED = metering_entries.REJECT_RETRIED
    USAGE_ARCHIVED = metering_entries.USAGE_ARCHIVED
    REJECT_DISMISSED = metering_entries.REJECT_DISMISSED
    USAGE_WARNED = metering_entries.USAGE_WARNED
    EXPORT_STARTED = metering_entries.EXPORT_STARTED
    EXPORT_CANCELLED = metering_entries.EXPORT_CANCELLED
    EXPORT_FINISHED = metering_entries.EXPORT_FINISHED
    EXPORT_REMOVED = metering_entries.EXPORT_REMOVED

    KEY_LISTED = Entry("key.listed", "access", "arrow-down-tray",
        "downloaded/download a list of keys[, {rows} rows]", "filter rows format")
    VIEW_SAVED = Entry("view.saved", "create", "bookmark", "saved/save the view {target}", "name query page")
    VIEW_RENAMED = Entry("view.renamed", "update", "pencil-square", "renamed/rename the view {target}", "name")
    VIEW_REMOVED = Entry("view.removed", "delete", "bookmark-slash", "removed/remove the view {target}",
        "name query page")

    JOB_STARTED = Entry("job.started", "create", "queue-list", "started/start the job “{target}”", "kind items")
    JOB_CANCELLED = Entry("job.cancelled", "update", "stop-circle",
        "stopped/stop the job “{target}”[ after {done} of {items}]", "done failed items")
    JOB_FINISHED = Entry("job.finished", "update", "check-circle",
        "ended/end the job “{target}”[, {done} done][, {failed} refused or failed]", "done failed items state")
    JOB_REMOVED = Entry("job.removed", "delete", "trash", "removed/remove the old job “{target}”", "items state")

    PLAN_SEEDED = Entry("plan.seeded", "create", "rectangle-stack", "set/set up plan {target}", "code name version")

    DEMO_SEEDED = Entry("demo.seeded", "create", "beaker", "made/make the demo data", "organizations keys rows")
    # fmt: on


def entry_of(verb: str) -> Entry | None:
    """What the registry says about a verb as it stands in an event; None for one that it does not know."""
    return next((one.entry for one in Verb if one.value == verb), None)
