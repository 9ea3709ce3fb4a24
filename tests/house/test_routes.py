"""Every route × every role, as the table says."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from audit.models import Event
from keys.models import LimitRule, Pilot, SavedView
from metering import ledger
from metering.models import BillingPeriod
from orgs.models import Organization, Reservation, Staff
from tests import adjustments, capacity, exports, factories, jobs
from tests.house.routes import BY_POST, GATEWAY, OPEN, OWN, ROLES, ROUTES
from tests.house.statement_arguments import OF_A_STATEMENT
from tests.metering.closing import given as periods
from tests.metering.conftest import generation


def _names(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _names(pattern.url_patterns, space)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield prefix + pattern.name


def _all_names() -> set[str]:
    return set(_names(get_resolver().url_patterns))


@pytest.fixture
def arguments(her_organization: Organization) -> Callable[[str], list[Any]]:
    """The arguments of a route, of objects in the account manager's organization."""

    def of(route: str) -> list[Any]:
        # A step that is impossible in the organization's state is not offered at all.
        if route in NEEDS_STATUS:
            manager = her_organization.account_manager
            return [factories.OrganizationFactory(account_manager=manager, **NEEDS_STATUS[route]).uid]
        if route in OF_A_PILOT:
            return [_pilot(her_organization.account_manager).organization.uid, *OF_A_PILOT[route]]
        if route == "keys:publish_plan":
            return ["standard"]
        if route == "keys:bulk":
            return ["expire"]
        if route in OF_A_POOL:
            return [capacity.a_pool().code]
        if route in OF_A_RESERVATION:
            return [_hold_of(her_organization).uid]
        if route in OF_AN_EXPORT:
            manager = her_organization.account_manager
            assert manager is not None
            return [OF_AN_EXPORT[route](manager).uid]
        if route in OF_A_VIEW:
            return [a_view(her_organization.account_manager, page=PAGES_OF_VIEWS[route.partition(":")[0]]).uid]
        if route == "metering:generation":
            return [_generation_of(her_organization)]
        if route in OF_A_PERIOD:
            return [her_organization.uid, OF_A_PERIOD[route](her_organization).label]
        if route in OF_A_STATEMENT:
            return OF_A_STATEMENT[route](her_organization)
        if route == "metering:finish_periods":
            return ["finish"]
        if route in OF_BILLING:
            return [OF_BILLING[route](her_organization)]
        if route == "keys:gateway" or (route.startswith("keys:") and route.endswith(("_gateway", "_gateway_overlap"))):
            credential = factories.GatewayFactory(environment="staging")
            factories.GatewaySecretFactory(
                credential=credential, state="overlap", overlap_until=timezone.now() + timedelta(hours=1)
            )
            return [credential.uid]
        if route == "keys:resume":
            return [factories.KeyFactory(organization=her_organization, state="paused").uid]
        if route in OF_A_LEAK:
            return [factories.LeakFactory(secret__key__organization=her_organization).uid]
        if route in OF_A_LINK:
            return [factories.LinkFactory(secret__key__organization=her_organization, **OF_A_LINK[route]).uid]
        if route in NEEDS_SECRET:
            current = factories.SecretFactory(key__organization=her_organization)
            return [factories.SecretFactory(key=current.key, state=NEEDS_SECRET[route]).key.uid]
        if route == "keys:confirmed":
            secret = factories.SecretFactory(key__organization=her_organization)
            factories.announced(her_organization, secret.public_id)
            return [secret.key.uid]
        if route == "keys:refusal":
            return [factories.RefusalFactory(key__organization=her_organization).pk]
        if route == "keys:end_limit":
            return [her_organization.uid, a_temporary_limit(her_organization).uid]
        if route.startswith("keys:") and route not in OF_AN_ORGANIZATION:
            return [factories.SecretFactory(key__organization=her_organization).key.uid]
        if route == "orgs:remove_contact":
            return [her_organization.uid, factories.ContactFactory(organization=her_organization).pk]
        if route == "audit:event":
            return [_event_of(her_organization).pk]
        if route == "audit:history":
            return ["organization", her_organization.uid]
        if route in OF_A_JOB:
            return [jobs.a_job(organization=her_organization).pk]
        return [her_organization.uid]

    return of


def _hold_of(organization: Organization) -> Reservation:
    return capacity.a_reservation(organization=organization, hold_for=timedelta(hours=1))


def _generation_of(organization: Organization) -> str:
    now = timezone.now()
    item = generation(factories.SecretFactory(key__organization=organization), now)
    ledger.append(items=[item], source="gw-1", gateway="gwc_test", now=now)
    return str(item["generation_id"])


def a_view(owner: Staff | None, page: str = "keys") -> SavedView:
    from keys import actions
    from tests.cast import ACTOR

    assert owner is not None
    return actions.save_view(owner=owner, actor=ACTOR, page=page, name="Mine", query="state=active")


def _pilot(manager: Staff | None) -> Pilot:
    """A pilot that runs, with a line that a person ticks."""
    from keys import actions, criteria
    from tests.cast import ACTOR

    organization = factories.OrganizationFactory(account_manager=manager, status="pilot")
    lines = criteria.read("The client is happy")
    return actions.start_pilot(organization=organization, actor=ACTOR, lines=lines)


def a_temporary_limit(organization: Organization) -> LimitRule:
    span = DateTimeTZRange(timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1), "[)")
    return factories.RuleFactory(organization=organization, effective=span)


def _event_of(organization: Organization) -> Event:
    from orgs import actions
    from tests.cast import ACTOR

    actions.edit_organization(organization=organization, actor=ACTOR, values={"notes": "seen"})
    return Event.objects.filter(organization=organization.uid, verb="organization.edited").latest("occurred_at")


OF_A_POOL = {"orgs:pool", "orgs:change_pool", "orgs:set_capacity"}
OF_A_RESERVATION = {
    "orgs:reservation", "orgs:confirm_hold", "orgs:extend_reservation", "orgs:shorten_reservation",
    "orgs:cancel_reservation",
}  # fmt: skip
OF_AN_ORGANIZATION = {"keys:for_org", "keys:issue", "keys:org_refusals", "keys:org_limits", "keys:live"}
# Each with what follows the organization in its address.
OF_A_PILOT: dict[str, list[Any]] = {
    "keys:extend_pilot": [], "keys:change_pilot": [], "keys:cancel_pilot": [], "keys:tick_criterion": [1],
    "metering:convert_pilot": [],
}  # fmt: skip
PILOTS = {"keys:plan_pilot", "keys:start_pilot", *OF_A_PILOT}
OF_NO_ORGANIZATION = {"audit:history", "metering:finish_periods", "keys:bulk", "keys:gateway", "keys:revoke_gateway"}
OF_A_LEAK = {
    "keys:leak", "keys:replace_leaked", "keys:contain_leaked", "keys:revoke_leaked", "keys:close_leak",
    "keys:date_leak",
}  # fmt: skip
OF_AN_EXPORT = {
    "metering:export_file": exports.a_file, "metering:cancel_export": exports.an_export,
    "metering:remove_export": exports.a_file,
}  # fmt: skip
OF_BILLING: dict[str, Callable[[Organization], Any]] = {
    "metering:void_generation": lambda organization: adjustments.a_generation(organization).pk,
    **dict.fromkeys(
        ("metering:adjustment", "metering:approve_adjustment", "metering:decline_adjustment",
         "metering:withdraw_adjustment"), lambda organization: adjustments.a_request(organization).uid,
    ),
    **dict.fromkeys(
        ("metering:reject", "metering:retry_reject", "metering:dismiss_reject"),
        lambda organization: adjustments.a_reject(organization).pk,
    ),
}  # fmt: skip
OF_A_PERIOD: dict[str, Callable[[Organization], BillingPeriod]] = {
    "metering:finish_period": lambda organization: periods.in_review(periods.a_contract(organization)),
    "metering:hold_period": lambda organization: periods.in_review(periods.a_contract(organization)),
    "metering:release_period": periods.held,
    "metering:override_period": periods.differing,
}
OF_A_VIEW = {"keys:rename_view", "keys:remove_view", "metering:rename_view", "metering:remove_view"}
PAGES_OF_VIEWS = {"keys": "keys", "metering": "usage"}
OF_A_JOB = {"audit:job", "audit:export_job", "audit:cancel_job"}
# Each with what it must look like to be asked for.
OF_A_LINK: dict[str, dict[str, Any]] = {
    "keys:resend_link": {},
    "keys:cancel_link": {},
    "keys:settle_alarm": {"opened_at": timezone.now(), "alarmed_at": timezone.now()},
}
# The further secret that a key has of which this can be asked.
NEEDS_SECRET = {
    "keys:rotation": "overlap",
    "keys:cancel_rotation": "pending",
    "keys:undo_rotation": "overlap",
    "keys:end_old_secret": "overlap",
    "keys:extend_overlap": "overlap",
}
NEEDS_STATUS = {
    "keys:plan_pilot": {"status": "draft", "plan_version__plan__code": "pilot"},
    "keys:start_pilot": {"status": "pilot", "plan_version__plan__code": "pilot"},
    "orgs:activate": {"status": "draft"},
    "orgs:reinstate": {"status": "suspended", "status_before": "active"},
}
WITHOUT_ARGUMENTS = {
    "home", "orgs:index", "orgs:create", "keys:index", "keys:links", "keys:gateways", "keys:create_gateway",
    "metering:index", "metering:pilots", "audit:index", "audit:jobs", "keys:export", "keys:hygiene", "keys:save_view",
    "metering:generations", "metering:save_view", "metering:exports",
    "metering:adjustments", "metering:ask_adjustment", "metering:rejects", "metering:retry_rejects",
    "metering:dismiss_rejects", "metering:finance", "metering:board", "metering:accounts",
    "lookup", "keys:report_leak", "orgs:capacity", "orgs:create_pool", "orgs:reserve", "keys:plans",
}  # fmt: skip


def path_of(route: str, arguments: Callable[[str], list[Any]]) -> str:
    return reverse(route, args=[] if route in WITHOUT_ARGUMENTS else arguments(route))


def test_every_route_is_listed() -> None:
    ours = {name for name in _all_names() if not name.startswith(GATEWAY)}
    unlisted = ours - set(ROUTES) - set(BY_POST) - OPEN - OWN - {"gallery", "gallery_states"}
    assert not unlisted


@pytest.mark.parametrize("route", sorted(ROUTES))
@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_what_the_table_says(
    route: str, role: str, request: pytest.FixtureRequest, arguments: Any, browser_of: Any
) -> None:
    person: Staff = request.getfixturevalue(role)
    expected = int(ROUTES[route].split()[ROLES.index(role)])
    answer = browser_of(person).get(path_of(route, arguments))
    assert answer.status_code == expected
    if expected in (403, 404):
        assert Event.objects.filter(verb="access.denied", actor_id=person.uid).exists()


@pytest.mark.parametrize("route", sorted(BY_POST))
@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_post_what_the_table_says(
    route: str, role: str, request: pytest.FixtureRequest, arguments: Any, browser_of: Any
) -> None:
    answer = browser_of(request.getfixturevalue(role)).post(path_of(route, arguments))
    assert answer.status_code == int(BY_POST[route].split()[ROLES.index(role)])


@pytest.mark.parametrize("route", sorted(set(ROUTES) | set(BY_POST)))
def test_nobody_unknown_gets_in(route: str, arguments: Any, client: Client) -> None:
    answer = client.post(path_of(route, arguments)) if route in BY_POST else client.get(path_of(route, arguments))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_an_address_that_does_not_exist_sends_strangers_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/no/such/page/")["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "route",
    sorted(set(ROUTES) - WITHOUT_ARGUMENTS - OF_NO_ORGANIZATION - OF_A_POOL),
)
def test_an_organization_out_of_scope_does_not_exist(
    route: str, account_manager: Staff, other_organization: Organization, browser_of: Any
) -> None:
    target: list[Any] = [other_organization.uid]
    if route in OF_A_LINK:
        target = [factories.LinkFactory(secret__key__organization=other_organization).uid]
    elif route in OF_A_RESERVATION:
        target = [_hold_of(other_organization).uid]
    elif route in OF_A_LEAK:
        target = [factories.LeakFactory(secret__key__organization=other_organization).uid]
    elif route == "keys:end_limit":
        target += [a_temporary_limit(other_organization).uid]
    elif route.startswith("keys:") and route not in {"keys:for_org", "keys:issue", *PILOTS}:
        target = [factories.SecretFactory(key__organization=other_organization).key.uid]
    elif route == "metering:generation":
        target = [_generation_of(other_organization)]
    elif route in OF_A_PERIOD:
        target = [other_organization.uid, OF_A_PERIOD[route](other_organization).label]
    elif route in OF_A_STATEMENT:
        target = OF_A_STATEMENT[route](other_organization)
    elif route in OF_BILLING:
        target = [OF_BILLING[route](other_organization)]
    elif route == "audit:event":
        target = [_event_of(other_organization).pk]
    elif route in OF_A_JOB:
        target = [jobs.a_job(organization=other_organization).pk]
    elif route == "orgs:remove_contact":
        target += [factories.ContactFactory(organization=other_organization).pk]
    answer = browser_of(account_manager, proven=True).get(reverse(route, args=target))
    assert answer.status_code == 404
    assert Event.objects.filter(verb="access.denied", actor_id=account_manager.uid, outcome="denied").exists()
