"""Customers for a bench, made by the actions that staff use: organizations, keys, limits that admit everything."""

from datetime import timedelta

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
MINUTE = 60
ONE_DAY = timedelta(days=1)


def open_gateway() -> str:
    """Return a gateway's credential."""
    return keys.create_gateway(actor=trail.SYSTEM, name="bench")[1]


def sign_up(organizations: int, *, keys_each: int) -> list[Customer]:
    """Make active organizations on the enterprise plan, each with keys for both versions, and three limits a call."""
    made = []
    for number in range(organizations):
        with transaction.atomic():
            made += _organization(f"Studio {number}", keys_each)
    return made


def _organization(name: str, keys_each: int) -> list[Customer]:
    organization = actions.create_organization(
        actor=trail.SYSTEM, name=name, plan_version=plans.latest("enterprise"), slug=name.lower().replace(" ", "-")
    )
    organization = actions.activate_organization(organization=organization, actor=trail.SYSTEM)
    issued = [_issue(organization, f"key {number}") for number in range(keys_each)]
    _limit(organization, [key for key, _ in issued])
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


def _limit(organization: Organization, issued: list[ApiKey]) -> None:
    """Let a call meet three limits: a rate in place of the plan's, running jobs, and the key's rate."""
    trail.record(
        Verb.LIMIT_SET,
        actor=trail.SYSTEM,
        reason="measuring",
        target=organization.target,
        organization=organization.target,
        further=[key.target for key in issued],
    )
    effective = DateTimeTZRange(timezone.now(), None, "[)")
    common = {"limit": ENOUGH, "effective": effective}
    rate = {**common, "period_s": MINUTE, "burst": BURST}
    rules = [
        LimitRule(organization=organization, name=f"{version}-minute", api_version=version, **rate)
        for version in ("v1", "v2")
    ]
    running = LimitRule.Kind.CONCURRENCY
    rules.append(LimitRule(organization=organization, name="running jobs", kind=running, **common))
    rules += [LimitRule(key=key, name="key-minute", **rate) for key in issued]
    LimitRule.objects.bulk_create(rules)
