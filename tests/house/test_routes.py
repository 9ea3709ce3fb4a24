"""Every route × every role, and the names of things: a route that nobody lists here fails."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from audit.models import Event
from keys.models import SavedView
from orgs.models import Organization, Staff
from tests import factories, jobs

ROLES = ["administrator", "key_admin", "account_manager", "viewer", "stranger"]
EVERYBODY = "200 200 200 200 403"
# On an object: whoever has no role does not learn that it exists.
WHO_SEES_IT = "200 200 200 200 404"
EVERYONE_SIGNED_IN = "200 200 200 200 200"
CHANGERS = "200 403 200 403 404"
KEY_PEOPLE = "200 200 403 403 404"
REVOKERS = "200 200 200 403 404"
CONTACT_PEOPLE = "200 200 200 403 404"
WHO_SEES_GATEWAYS = "200 200 404 404 404"

# For each route what a GET answers to each role, in the order of ROLES; the account manager's on her own organization.
ROUTES: dict[str, str] = {
    "home": EVERYONE_SIGNED_IN,
    "orgs:index": EVERYBODY,
    "orgs:create": "200 403 200 403 403",
    "orgs:detail": WHO_SEES_IT,
    "orgs:edit": CHANGERS,
    "orgs:plan": KEY_PEOPLE,
    "orgs:activate": KEY_PEOPLE,
    "orgs:suspend": REVOKERS,
    "orgs:reinstate": KEY_PEOPLE,
    "orgs:close": "200 403 403 403 404",
    "orgs:contacts": WHO_SEES_IT,
    "orgs:remove_contact": CONTACT_PEOPLE,
    "orgs:history": WHO_SEES_IT,
    "keys:index": EVERYBODY,
    "keys:export": EVERYBODY,
    "keys:hygiene": EVERYBODY,
    "keys:save_view": EVERYBODY,
    # A view of the account manager's.
    "keys:rename_view": "404 404 200 404 404",
    # Back to the list, since no key is named.
    "keys:bulk": "302 302 403 403 403",
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
    "keys:for_org": WHO_SEES_IT,
    "keys:org_refusals": WHO_SEES_IT,
    "keys:refusals": WHO_SEES_IT,
    "keys:refusal": WHO_SEES_IT,
    "keys:dry_run": WHO_SEES_IT,
    "keys:issue": KEY_PEOPLE,
    "lookup": EVERYONE_SIGNED_IN,
    # Without a look-up before it, it sends there.
    "keys:report_leak": "302 302 302 403 403",
    "keys:leak": WHO_SEES_IT,
    "keys:replace_leaked": KEY_PEOPLE,
    "keys:contain_leaked": REVOKERS,
    "keys:revoke_leaked": REVOKERS,
    "keys:close_leak": REVOKERS,
    "keys:date_leak": REVOKERS,
    "keys:gateways": "200 200 403 403 403",
    "keys:create_gateway": "200 200 403 403 403",
    "keys:gateway": WHO_SEES_GATEWAYS,
    "keys:rotate_gateway": WHO_SEES_GATEWAYS,
    "keys:end_gateway_overlap": WHO_SEES_GATEWAYS,
    "keys:edit_gateway": WHO_SEES_GATEWAYS,
    "keys:revoke_gateway": WHO_SEES_GATEWAYS,
    "metering:index": EVERYBODY,
    "metering:for_org": WHO_SEES_IT,
    "metering:overview": WHO_SEES_IT,
    "metering:export": WHO_SEES_IT,
    "audit:index": "200 200 200 403 403",
    "audit:event": WHO_SEES_IT,
    "audit:history": WHO_SEES_IT,
    "audit:jobs": EVERYBODY,
    # One that somebody else started.
    "audit:job": "200 404 404 404 404",
    "audit:export_job": "200 404 404 404 404",
}
# By POST, with what each role is answered: 302 is done, 403 refused.
BY_POST = {
    "orgs:change_notices": "302 302 302 403 404",
    "orgs:remove_contact": "302 302 302 403 404",
    "audit:cancel_job": "302 404 404 404 404",
    "keys:remove_view": "404 404 302 404 404",
}
# Open to strangers, each for its own reason; `delivery` is the customers', who are none of our people.
OPEN = {"delivery", "healthz", "readyz", "account_login", "account_signup", "account_inactive", "account_logout"}
# Of the person themselves, whoever it is.
OWN = {"appearance"}
# Another door, with its own credentials; tests/gateway.
GATEWAY = "gateway_"


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
        if route == "keys:bulk":
            return ["expire"]
        if route in OF_A_VIEW:
            return [a_view(her_organization.account_manager).uid]
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


def a_view(owner: Staff | None) -> SavedView:
    from keys import actions
    from tests.cast import ACTOR

    assert owner is not None
    return actions.save_view(owner=owner, actor=ACTOR, page="keys", name="Mine", query="state=active")


def _event_of(organization: Organization) -> Event:
    from orgs import actions
    from tests.cast import ACTOR

    actions.edit_organization(organization=organization, actor=ACTOR, values={"notes": "seen"})
    return Event.objects.filter(organization=organization.uid, verb="organization.edited").latest("occurred_at")


OF_AN_ORGANIZATION = {"keys:for_org", "keys:issue", "keys:org_refusals"}
OF_NO_ORGANIZATION = {"audit:history", "keys:bulk", "keys:gateway", "keys:revoke_gateway"}
OF_A_LEAK = {
    "keys:leak", "keys:replace_leaked", "keys:contain_leaked", "keys:revoke_leaked", "keys:close_leak",
    "keys:date_leak",
}  # fmt: skip
OF_A_VIEW = {"keys:rename_view", "keys:remove_view"}
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
    "orgs:activate": {"status": "draft"},
    "orgs:reinstate": {"status": "suspended", "status_before": "active"},
}
WITHOUT_ARGUMENTS = {
    "home", "orgs:index", "orgs:create", "keys:index", "keys:links", "keys:gateways", "keys:create_gateway",
    "metering:index", "audit:index", "audit:jobs", "keys:export", "keys:hygiene", "keys:save_view",
    "lookup", "keys:report_leak",
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
    sorted(set(ROUTES) - WITHOUT_ARGUMENTS - {"audit:history", "keys:bulk", "keys:gateway", "keys:revoke_gateway"}),
)
def test_an_organization_out_of_scope_does_not_exist(
    route: str, account_manager: Staff, other_organization: Organization, browser_of: Any
) -> None:
    target: list[Any] = [other_organization.uid]
    if route in OF_A_LINK:
        target = [factories.LinkFactory(secret__key__organization=other_organization).uid]
    elif route in OF_A_LEAK:
        target = [factories.LeakFactory(secret__key__organization=other_organization).uid]
    elif route.startswith("keys:") and route not in ("keys:for_org", "keys:issue"):
        target = [factories.SecretFactory(key__organization=other_organization).key.uid]
    elif route == "audit:event":
        target = [_event_of(other_organization).pk]
    elif route in OF_A_JOB:
        target = [jobs.a_job(organization=other_organization).pk]
    elif route == "orgs:remove_contact":
        target += [factories.ContactFactory(organization=other_organization).pk]
    answer = browser_of(account_manager, proven=True).get(reverse(route, args=target))
    assert answer.status_code == 404
    assert Event.objects.filter(verb="access.denied", actor_id=account_manager.uid, outcome="denied").exists()


def test_url_view_and_template_share_a_name() -> None:
    templates = Path(settings.BASE_DIR) / "templates"
    for pattern in _patterns(get_resolver().url_patterns):
        app, name = pattern
        if app in ("orgs", "keys", "metering", "audit") and f"{app}:{name[0]}" in ROUTES:
            assert name[0] == name[1], f"{app}:{name[0]} is answered by {name[1]}"
            drawn = [templates / app / f"{name[0]}.html", templates / app / f"_{name[0]}.html"]
            assert name[0].startswith("export") or any(each.exists() for each in drawn), f"{app}/{name[0]}.html"


def _patterns(patterns: list[Any], app: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, pattern.app_name or app)
        elif pattern.name:
            yield app, (pattern.name, getattr(pattern.callback, "__name__", ""))
