"""Customers for a bench, made by the actions that staff use: organizations, keys, limits that admit everything."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from audit import trail
from audit.verbs import Verb
from bench.payload import Customer
from keys import actions as keys
from keys.models import ApiKey, LimitRule
from orgs import actions, plans
from orgs.models import Organization

# So many a minute that nothing is ever refused, and yet each is counted.
ENOUGH = 60_000_000
BURST = 1_000
MINUTE, HOUR = 60, 3_600
ONE_DAY = timedelta(days=1)


def open_gateway() -> str:
    """Return a gateway's credential."""
    return keys.create_gateway(actor=trail.SYSTEM, name="bench")[1]


def sign_up(
    organizations: int, *, keys_each: int, name: str = "Studio", rules: "Rules | None" = None
) -> list[Customer]:
    """Make active organizations on the enterprise plan, each with keys for both versions, and three limits a call.

    `rules` makes other limits, of an organization and its keys.
    """
    made = []
    for number in range(organizations):
        with transaction.atomic():
            made += _organization(f"{name} {number}", keys_each, rules or three)
    return made


def _organization(name: str, keys_each: int, rules: "Rules") -> list[Customer]:
    organization = actions.create_organization(
        actor=trail.SYSTEM, name=name, plan_version=plans.latest("enterprise"), slug=name.lower().replace(" ", "-")
    )
    organization = actions.activate_organization(organization=organization, actor=trail.SYSTEM)
    issued = [_issue(organization, f"key {number}") for number in range(keys_each)]
    _limit(organization, [key for key, _ in issued], rules)
    return [Customer(organization.uid, text.split("_")[2], text) for _, text in issued]


def _issue(organization: Organization, name: str) -> tuple[ApiKey, str]:
    return keys.issue_key(
        organization=organization,
        actor=trail.SYSTEM,
        name=name,
        environment=ApiKey.Environment.LIVE,
        api_versions=["v1", "v2"],
        expires_at=timezone.now() + ONE_DAY,
    )


def _limit(organization: Organization, issued: list[ApiKey], rules: "Rules") -> None:
    trail.record(
        Verb.LIMIT_SET,
        actor=trail.SYSTEM,
        reason="measuring",
        target=organization.target,
        organization=organization.target,
        further=[key.target for key in issued],
    )
    effective = DateTimeTZRange(timezone.now(), None, "[)")
    made = rules(organization, issued)
    for rule in made:
        rule.limit, rule.effective = ENOUGH, effective
    LimitRule.objects.bulk_create(made)


Rules = Callable[[Organization, list[ApiKey]], list[LimitRule]]
_RATE: dict[str, Any] = {"period_s": MINUTE, "burst": BURST}


def one(organization: Organization, issued: list[ApiKey]) -> list[LimitRule]:
    """Let a call meet one limit: a rate, in place of the plan's."""
    return [
        LimitRule(organization=organization, name=f"{version}-minute", api_version=version, **_RATE)
        for version in ("v1", "v2")
    ]


def three(organization: Organization, issued: list[ApiKey]) -> list[LimitRule]:
    """Let a call meet three limits: a rate in place of the plan's, running jobs, and the key's rate."""
    running = LimitRule(organization=organization, name="running jobs", kind=LimitRule.Kind.CONCURRENCY)
    return [*one(organization, issued), running, *(LimitRule(key=key, name="key-minute", **_RATE) for key in issued)]


def six(organization: Organization, issued: list[ApiKey]) -> list[LimitRule]:
    """Let a call meet six limits: three rates, a quota of requests and one of generations, and running jobs."""
    window: dict[str, Any] = {"organization": organization, "kind": LimitRule.Kind.WINDOW}
    return [
        *three(organization, issued),
        LimitRule(organization=organization, name="hour", period_s=HOUR, burst=BURST),
        LimitRule(name="day", window="day", **window),
        LimitRule(name="month", window="month", dimension="generations", **window),
    ]
