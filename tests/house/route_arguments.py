"""What the addresses of routes hold, for an organization that has what they are about."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from keys import actions as key_actions
from keys import criteria
from metering import ledger
from metering.models import BillingPeriod
from orgs import actions as org_actions
from orgs.models import Organization, Staff
from tests import adjustments, capacity, exports, factories, jobs
from tests.cast import ACTOR
from tests.house.statement_arguments import OF_A_STATEMENT
from tests.metering.closing import given as periods
from tests.metering.conftest import generation

HOUR = timedelta(hours=1)
Arguments = Callable[[Organization], list[Any]]


def path_of(route: str, organization: Organization) -> str:
    """Return the address of a route, of an object of this organization or of its manager."""
    return reverse(route, args=_arguments(route, organization))


def _arguments(route: str, organization: Organization) -> list[Any]:
    if route in WITHOUT_ARGUMENTS:
        return []
    if route in ARGUMENTS:
        return ARGUMENTS[route](organization)
    if route.startswith("keys:") and route.endswith(("gateway", "_gateway_overlap")):
        return [_gateway()]
    return [_key(organization) if route.startswith("keys:") else organization.uid]


def _manager(organization: Organization) -> Staff:
    """Whoever manages it; somebody unknown where nobody does."""
    return organization.account_manager or factories.StaffFactory()


def _in_state(**state: str) -> Arguments:
    """An organization of the same manager's in this state: a step that is impossible in it is not offered at all."""
    return lambda like: [factories.OrganizationFactory(account_manager=like.account_manager, **state).uid]


def _of_a_pilot(*further: int) -> Arguments:
    """A pilot that runs, with a line that a person ticks."""

    def found(like: Organization) -> list[Any]:
        organization = factories.OrganizationFactory(account_manager=like.account_manager, status="pilot")
        lines = criteria.read("The client is happy")
        key_actions.start_pilot(organization=organization, actor=ACTOR, lines=lines)
        return [organization.uid, *further]

    return found


def _a_pool(organization: Organization) -> list[Any]:
    return [capacity.a_pool().code]


def _a_hold(organization: Organization) -> list[Any]:
    return [capacity.a_reservation(organization=organization, hold_for=HOUR).uid]


def _a_view_of(page: str) -> Arguments:
    def found(organization: Organization) -> list[Any]:
        query, owner = "state=active", _manager(organization)
        return [key_actions.save_view(owner=owner, actor=ACTOR, page=page, name="Mine", query=query).uid]

    return found


def _a_generation(organization: Organization) -> list[Any]:
    now = timezone.now()
    item = generation(factories.SecretFactory(key__organization=organization), now)
    ledger.append(items=[item], source="gw-1", gateway="gwc_test", now=now)
    return [item["generation_id"]]


def _a_period(made: Callable[[Organization], BillingPeriod]) -> Arguments:
    return lambda organization: [organization.uid, made(organization).label]


def _in_review(organization: Organization) -> BillingPeriod:
    return periods.in_review(periods.a_contract(organization))


def _an_adjustment(organization: Organization) -> list[Any]:
    return [adjustments.a_request(organization).uid]


def _a_reject(organization: Organization) -> list[Any]:
    return [adjustments.a_reject(organization).pk]


def _gateway() -> str:
    """A credential whose secret before still works."""
    credential = factories.GatewayFactory(environment="staging")
    factories.GatewaySecretFactory(credential=credential, state="overlap", overlap_until=timezone.now() + HOUR)
    return credential.uid


def _key(organization: Organization) -> str:
    return factories.SecretFactory(key__organization=organization).key.uid


def _a_key_with(state: str) -> Arguments:
    """A key with a further secret in this state."""

    def found(organization: Organization) -> list[Any]:
        current = factories.SecretFactory(key__organization=organization)
        return [factories.SecretFactory(key=current.key, state=state).key.uid]

    return found


def _a_confirmed_key(organization: Organization) -> list[Any]:
    secret = factories.SecretFactory(key__organization=organization)
    factories.announced(organization, secret.public_id)
    return [secret.key.uid]


def _a_leak(organization: Organization) -> list[Any]:
    return [factories.LeakFactory(secret__key__organization=organization).uid]


def _a_link(**fields: Any) -> Arguments:
    return lambda organization: [factories.LinkFactory(secret__key__organization=organization, **fields).uid]


def _a_temporary_limit(organization: Organization) -> list[Any]:
    span = DateTimeTZRange(timezone.now() - HOUR, timezone.now() + HOUR, "[)")
    return [organization.uid, factories.RuleFactory(organization=organization, effective=span).uid]


def _an_event(organization: Organization) -> list[Any]:
    org_actions.edit_organization(organization=organization, actor=ACTOR, values={"notes": "seen"})
    edited = Event.objects.filter(organization=organization.uid, verb="organization.edited")
    return [edited.latest("occurred_at").pk]


def _a_job(organization: Organization) -> list[Any]:
    return [jobs.a_job(organization=organization).pk]


def _its_uid(organization: Organization) -> list[Any]:
    return [organization.uid]


ALARM = timezone.now()
# What is no organization's and no key's by its route's name alone.
ARGUMENTS: dict[str, Arguments] = {
    "orgs:activate": _in_state(status="draft"),
    "orgs:reinstate": _in_state(status="suspended", status_before="active"),
    "orgs:remove_contact": lambda of: [of.uid, factories.ContactFactory(organization=of).pk],
    **dict.fromkeys(("orgs:pool", "orgs:change_pool", "orgs:set_capacity"), _a_pool),
    **dict.fromkeys(
        ("orgs:reservation", "orgs:confirm_hold", "orgs:extend_reservation", "orgs:shorten_reservation",
         "orgs:cancel_reservation"), _a_hold,
    ),
    **dict.fromkeys(("keys:for_org", "keys:issue", "keys:org_refusals", "keys:org_limits", "keys:live"), _its_uid),
    "keys:end_limit": _a_temporary_limit,
    "keys:publish_plan": lambda of: ["standard"],
    "keys:bulk": lambda of: ["expire"],
    "keys:plan_pilot": _in_state(status="draft", plan_version__plan__code="pilot"),
    "keys:start_pilot": _in_state(status="pilot", plan_version__plan__code="pilot"),
    **dict.fromkeys(
        ("keys:extend_pilot", "keys:change_pilot", "keys:cancel_pilot", "metering:convert_pilot"), _of_a_pilot()
    ),
    "keys:tick_criterion": _of_a_pilot(1),
    "keys:resume": lambda of: [factories.KeyFactory(organization=of, state="paused").uid],
    "keys:rotation": _a_key_with("overlap"),
    "keys:cancel_rotation": _a_key_with("pending"),
    **dict.fromkeys(("keys:undo_rotation", "keys:end_old_secret", "keys:extend_overlap"), _a_key_with("overlap")),
    "keys:confirmed": _a_confirmed_key,
    "keys:refusal": lambda of: [factories.RefusalFactory(key__organization=of).pk],
    **dict.fromkeys(
        ("keys:leak", "keys:replace_leaked", "keys:contain_leaked", "keys:revoke_leaked", "keys:close_leak",
         "keys:date_leak"), _a_leak,
    ),
    **dict.fromkeys(("keys:resend_link", "keys:cancel_link"), _a_link()),
    "keys:settle_alarm": _a_link(opened_at=ALARM, alarmed_at=ALARM),
    **dict.fromkeys(("keys:rename_view", "keys:remove_view"), _a_view_of("keys")),
    **dict.fromkeys(("metering:rename_view", "metering:remove_view"), _a_view_of("usage")),
    "metering:generation": _a_generation,
    **dict.fromkeys(
        ("metering:export_file", "metering:remove_export"), lambda of: [exports.a_file(_manager(of)).uid]
    ),
    "metering:cancel_export": lambda of: [exports.an_export(_manager(of)).uid],
    **dict.fromkeys(("metering:finish_period", "metering:hold_period"), _a_period(_in_review)),
    "metering:release_period": _a_period(periods.held),
    "metering:override_period": _a_period(periods.differing),
    **OF_A_STATEMENT,
    "metering:finish_periods": lambda of: ["finish"],
    "metering:void_generation": lambda of: [adjustments.a_generation(of).pk],
    **dict.fromkeys(
        ("metering:adjustment", "metering:approve_adjustment", "metering:decline_adjustment",
         "metering:withdraw_adjustment"), _an_adjustment,
    ),
    **dict.fromkeys(("metering:reject", "metering:retry_reject", "metering:dismiss_reject"), _a_reject),
    "audit:event": _an_event,
    "audit:history": lambda of: ["organization", of.uid],
    **dict.fromkeys(("audit:job", "audit:export_job", "audit:cancel_job"), _a_job),
}  # fmt: skip
WITHOUT_ARGUMENTS = {
    "home", "orgs:index", "orgs:create", "keys:index", "keys:links", "keys:gateways", "keys:create_gateway",
    "metering:index", "metering:pilots", "audit:index", "audit:jobs", "keys:export", "keys:hygiene", "keys:save_view",
    "metering:generations", "metering:save_view", "metering:exports", "metering:adjustments",
    "metering:ask_adjustment", "metering:rejects", "metering:retry_rejects", "metering:dismiss_rejects",
    "metering:finance", "metering:board", "metering:accounts", "lookup", "keys:report_leak", "orgs:capacity",
    "orgs:create_pool", "orgs:reserve", "keys:plans",
}  # fmt: skip
# What their addresses name belongs to no organization.
OF_NO_ORGANIZATION = {
    "audit:history", "metering:finish_periods", "keys:bulk", "keys:publish_plan", "keys:gateway", "keys:revoke_gateway",
    "orgs:pool", "orgs:change_pool", "orgs:set_capacity",
}  # fmt: skip
