"""A call of every action there is, with what it takes to make it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from audit import jobs
from keys import actions as key_actions
from keys import criteria, quota_warnings
from keys.limits.limit_changes import Change
from keys.limits.slots import Slot
from keys.models import WindowUse
from keys.pilot_limits import Agreed
from metering import actions as metering_actions
from metering import rating
from metering.pilots import ContractTerms
from orgs import actions as org_actions
from orgs import plans
from orgs.capacity import spans
from tests import factories
from tests.capacity import a_pool, a_reservation, in_days
from tests.cast import ACTOR
from tests.house.every_adjustment_action import EVERY_ADJUSTMENT_ACTION
from tests.house.every_export_action import EVERY_EXPORT_ACTION
from tests.house.every_period_action import EVERY_PERIOD_ACTION
from tests.house.every_statement_action import EVERY_STATEMENT_ACTION
from tests.jobs import KIND, a_job, run_to_the_end
from tests.metering.foresight.given import nearly_used_up

DAY = timedelta(days=1)
WHY = {"reason": "because"}
JOBS = Slot("concurrency")
AGREED = Agreed(2_000, {"v2": 60}, 4)
FOR_OPS: dict[str, Any] = {"recipient": "ops@studio.example", "lifetime": DAY}


def _organization(**fields: Any) -> Any:
    return factories.OrganizationFactory(**fields)


def _key() -> Any:
    return factories.SecretFactory().key


def _issue() -> dict[str, Any]:
    return {
        "organization": _organization(),
        "name": "prod",
        "environment": "live",
        "api_versions": ["v1"],
        "expires_at": timezone.now() + DAY,
    }


def _make() -> Any:
    secret = factories.SecretFactory()
    return secret, secret.text  # type: ignore[attr-defined]


def _held(link: Any) -> dict[str, Any]:
    return {"uid": link.uid, "token": link.token}


def _alarmed() -> Any:
    return factories.LinkFactory(opened_at=timezone.now(), alarmed_at=timezone.now())


def _ended() -> Any:
    return factories.SecretFactory(state="overlap", overlap_until=timezone.now() - DAY)


def _rotating(**fields: Any) -> Any:
    old = factories.SecretFactory(state="overlap", **fields)
    factories.SecretFactory(key=old.key)
    return old


def _scheduled(**fields: Any) -> Any:
    current = factories.SecretFactory(overlap_until=timezone.now() + 9 * DAY)
    return factories.SecretFactory(state="pending", key=current.key, **fields)


def _first_used() -> Any:
    old = _rotating(overlap_after_use=timedelta(hours=1))
    factories.UseFactory(secret=old.key.secrets.get(state="active"))
    return old


def _rotating_gateway() -> Any:
    return factories.GatewaySecretFactory(state="overlap", overlap_until=timezone.now() + DAY).credential


def _contract() -> Any:
    return metering_actions.open_contract(organization=_organization(), actor=ACTOR, since=timezone.now())


def _pilot() -> Any:
    organization = _organization(status="pilot")
    words = criteria.read("The client is happy")
    return key_actions.start_pilot(organization=organization, actor=ACTOR, agreed=AGREED, lines=words)


def _nearly_used() -> Any:
    """A quota of which a step is reached that nobody was told of."""
    month = {"kind": "window", "window": "month", "dimension": "generations", "period_s": None, "burst": None}
    rule = factories.RuleFactory(organization=_organization(), api_version=None, limit=10, warn_at=[80], **month)
    slot, now = "generations:any:month", timezone.now()
    WindowUse.objects.create(organization=rule.organization, slot=slot, starts_at=now - DAY, ends_at=now + DAY, used=9)
    return quota_warnings.to_tell(at=now)[0]


def _ready() -> Any:
    """A pilot with nothing in the way."""
    organization = org_actions.create_organization(
        actor=ACTOR, name="Ready", plan_version=plans.latest("pilot"), status="pilot"
    )
    for kind in ("billing", "security"):
        factories.ContactFactory(organization=organization, kind=kind)
    standard = plans.latest("standard")
    return key_actions.start_pilot(organization=organization, actor=ACTOR, agreed=AGREED, production_plan=standard)


def _view() -> Any:
    return key_actions.save_view(owner=_person(), actor=ACTOR, page="keys", name="Mine", query="state=active")


def _pool() -> dict[str, Any]:
    worth = {"jobs_per_unit": 4, "generations_per_minute_per_unit": 10}
    return {"code": "lisbon-a", "api_version": "v2", "region": "eu-west", "capacity": 32, **worth}


def _passed(reservation: Any) -> dict[str, Any]:
    """A reservation whose last day was some days ago."""
    reservation.days = spans.Span(in_days(-9), in_days(-5)).bounds
    with transaction.atomic():
        reservation.save(update_fields=["days"])
        factories.record_fixture(reservation.uid)
    return {"reservation": reservation}


def _temporary() -> Any:
    week = DateTimeTZRange(timezone.now() - DAY, timezone.now() + 7 * DAY, "[)")
    return factories.RuleFactory(organization=_organization(), effective=week)


def _to_be_recorded() -> Any:
    past = DateTimeTZRange(timezone.now() - 2 * DAY, timezone.now() - DAY, "[)")
    return factories.RuleFactory(organization=_organization(), effective=past)


def _person() -> Any:
    return factories.StaffFactory()


# Each action with the arguments of a call that would succeed, made from the database at hand.
CALLS: dict[Callable[..., Any], Callable[[], dict[str, Any]]] = {
    org_actions.create_organization: lambda: {"name": "New", "plan_version": factories.PlanVersionFactory()},
    org_actions.edit_organization: lambda: {"organization": _organization(), "values": {"name": "Other"}},
    org_actions.change_plan: lambda: {
        "organization": _organization(),
        "plan_version": plans.latest("enterprise"),
        **WHY,
    },
    org_actions.activate_organization: lambda: {"organization": _organization(status="draft")},
    org_actions.suspend_organization: lambda: {"organization": _organization(), **WHY},
    org_actions.reinstate_organization: lambda: {
        "organization": _organization(status="suspended", status_before="active"),
        **WHY,
    },
    org_actions.close_organization: lambda: {"organization": _organization(), **WHY},
    org_actions.add_contact: lambda: {"organization": _organization(), "kind": "technical", "email": "a@b.example"},
    org_actions.change_notices: lambda: {"organization": _organization(), "muted": ["key_issued"]},
    org_actions.remove_contact: lambda: {"contact": factories.ContactFactory()},
    org_actions.create_pool: _pool,
    org_actions.change_pool: lambda: {"pool": a_pool(), "values": {"region": "elsewhere"}},
    org_actions.set_capacity: lambda: {"pool": a_pool(), "units": 40, "starts_on": in_days(1), **WHY},
    org_actions.reserve: lambda: {
        "organization": _organization(),
        "pool": a_pool(),
        "units": 8,
        "first": in_days(0),
        "last": in_days(9),
    },
    org_actions.confirm_hold: lambda: {"reservation": a_reservation(hold_for=DAY)},
    org_actions.extend_reservation: lambda: {"reservation": a_reservation(), "last": in_days(12)},
    org_actions.shorten_reservation: lambda: {"reservation": a_reservation(), "last": in_days(3), **WHY},
    org_actions.cancel_reservation: lambda: {"reservation": a_reservation(), **WHY},
    org_actions.begin_reservation: lambda: {"reservation": a_reservation()},
    org_actions.end_reservation: lambda: _passed(a_reservation(a_pool(opens_on=in_days(-9)))),
    org_actions.create_staff: lambda: {"email": "new@axis.example", "role": "viewer"},
    org_actions.reset_password: lambda: {"user": _person()},
    org_actions.grant_role: lambda: {"user": _person(), "role": "viewer"},
    org_actions.revoke_role: lambda: {"assignment": factories.RoleAssignmentFactory(), **WHY},
    key_actions.issue_key: _issue,
    key_actions.import_key: lambda: {**_issue(), "digest": b"d" * 32, "prefix": "sk_"},
    key_actions.rotate_key: lambda: {"key": _key(), "overlap": DAY},
    key_actions.schedule_rotation: lambda: {"key": _key(), "overlap": DAY, "at": timezone.now() + DAY},
    key_actions.cancel_rotation: lambda: {"key": _scheduled().key},
    key_actions.undo_rotation: lambda: {"key": _rotating().key, **WHY},
    key_actions.end_old_secret: lambda: {"key": _rotating().key, **WHY},
    key_actions.extend_overlap: lambda: {"key": _rotating().key, "until": timezone.now() + 2 * DAY},
    key_actions.begin_rotation: lambda: {"secret": _scheduled(activates_at=timezone.now() - DAY)},
    key_actions.begin_overlap: lambda: {"secret": _first_used()},
    key_actions.pause_key: lambda: {"key": _key(), **WHY},
    key_actions.resume_key: lambda: {"key": factories.KeyFactory(state="paused")},
    key_actions.edit_key: lambda: {"key": _key(), "values": {"name": "other"}},
    key_actions.note_expiry: lambda: {"key": factories.KeyFactory(expires_at=timezone.now() - DAY)},
    key_actions.report_leak: lambda: {"secret": factories.SecretFactory(), "source": "the customer"},
    key_actions.date_leak: lambda: {"leak": factories.LeakFactory(), "exposed_since": timezone.now() - 2 * DAY},
    key_actions.replace_leaked: lambda: {"leak": factories.LeakFactory(), **WHY},
    key_actions.contain_leaked: lambda: {"leak": factories.LeakFactory(), "addresses": ["203.0.113.7"], **WHY},
    key_actions.revoke_leaked: lambda: {"leak": factories.LeakFactory(), **WHY},
    key_actions.close_leak: lambda: {"leak": factories.LeakFactory(), **WHY},
    key_actions.revoke_key: lambda: {"key": _key(), "code": "leaked", **WHY},
    key_actions.deliver: lambda: {"secret": factories.SecretFactory(), "text": "axk", **FOR_OPS},
    key_actions.deliver_new: lambda: {"make": _make, **FOR_OPS},
    key_actions.hold_new: lambda: {"make": _make, "recipient": "ops"},
    key_actions.resend_link: lambda: {"link": factories.LinkFactory(), **FOR_OPS},
    key_actions.cancel_link: lambda: {"link": factories.LinkFactory()},
    key_actions.expire_link: lambda: {"link": factories.LinkFactory(expires_at=timezone.now() - DAY)},
    key_actions.open_link: lambda: _held(factories.LinkFactory()),
    key_actions.settle_alarm: lambda: {"link": _alarmed(), **WHY},
    key_actions.end_overlap: lambda: {"secret": _ended()},
    key_actions.save_view: lambda: {"owner": _person(), "page": "keys", "name": "Mine", "query": "state=active"},
    key_actions.rename_view: lambda: {"view": _view(), "name": "Other"},
    key_actions.remove_view: lambda: {"view": _view()},
    jobs.start: lambda: {"kind": KIND, "title": "Note", "items": ["one", "two"]},
    jobs.cancel: lambda: {"job": a_job("one")},
    jobs.forget: lambda: {"now": run_to_the_end(a_job("one")).created_at + jobs.KEPT + DAY},
    key_actions.create_gateway: lambda: {"name": "gw"},
    key_actions.rotate_gateway: lambda: {"credential": factories.GatewayFactory(), "overlap": DAY},
    key_actions.end_gateway_overlap: lambda: {"credential": _rotating_gateway(), **WHY},
    key_actions.edit_gateway: lambda: {"credential": factories.GatewayFactory(), "values": {"scopes": ["usage:write"]}},
    key_actions.rotate_field_key: lambda: {"batch": factories.SecretFactory(ring_id=1).pk},
    key_actions.revoke_gateway: lambda: {"credential": factories.GatewayFactory(), **WHY},
    key_actions.set_limits: lambda: {"organization": _organization(), "changes": [Change(JOBS, limit=4)], **WHY},
    key_actions.publish_plan_version: lambda: {
        "plan": plans.latest("standard").plan,
        "terms": {},
        "limits": [Change(Slot("rate", period_s=60), limit=900, burst=50)],
        **WHY,
    },
    key_actions.end_limit: lambda: {"rule": _temporary(), **WHY},
    key_actions.move_limit_end: lambda: {"rule": _temporary(), "ends_at": timezone.now() + 9 * DAY, **WHY},
    key_actions.note_limit_change: lambda: {"rule": _to_be_recorded()},
    key_actions.start_pilot: lambda: {"organization": _organization(status="pilot")},
    key_actions.plan_pilot: lambda: {
        "organization": _organization(status="draft", plan_version=plans.latest("pilot")),
        "agreed": AGREED,
        "lines": criteria.read("2,000 generations"),
    },
    key_actions.extend_pilot: lambda: {"pilot": _pilot(), "ends_at": timezone.now() + 40 * DAY, **WHY},
    key_actions.change_pilot: lambda: {
        "pilot": _pilot(),
        "agreed": Agreed(3_000),
        "lines": criteria.read("98 % succeed"),
        "production_plan": plans.latest("standard"),
    },
    key_actions.cancel_pilot: lambda: {"pilot": _pilot(), **WHY},
    key_actions.tick_criterion: lambda: {"pilot": _pilot(), "position": 1, "met": True},
    key_actions.expire_pilot: lambda: {"pilot": factories.PilotFactory(starts_at=timezone.now() - 40 * DAY)},
    key_actions.warn_of_end: lambda: {"pilot": factories.PilotFactory(ends_at=timezone.now() + DAY)},
    key_actions.warn_of_cap: lambda: {"pilot": factories.PilotFactory(generation_cap=10), "used": 9},
    key_actions.warn_of_quota: lambda: {"warned": _nearly_used()},
    metering_actions.open_contract: lambda: {"organization": _organization(), "since": timezone.now()},
    metering_actions.replace_contract: lambda: {
        "organization": _contract().organization,
        "at": timezone.now() + DAY,
        "terms": rating.unpriced(currency="USD", anchor_day=15),
    },
    metering_actions.correct_contract: lambda: {
        "contract": _contract(),
        "terms": rating.unpriced(currency="USD"),
        "reason": "As it was signed",
    },
    metering_actions.warn_of_usage: lambda: {"reached": nearly_used_up()},
    metering_actions.convert_pilot: lambda: {"pilot": _ready(), "terms": ContractTerms("USD", 15, 10)},
    metering_actions.open_default_contract: lambda: {"organization": _organization()},
    metering_actions.open_periods: lambda: {"contract": _contract(), "through": timezone.now() + 100 * DAY},
    metering_actions.open_ahead: lambda: {"now": _contract().effective.lower + 100 * DAY},
}
CALLS |= EVERY_PERIOD_ACTION | EVERY_ADJUSTMENT_ACTION | EVERY_STATEMENT_ACTION | EVERY_EXPORT_ACTION
# What saves nothing by itself, and so has nothing to record.
NOT_CHANGES = {
    org_actions.lock_organization,
    key_actions.editing_problem,
    key_actions.longest_end,
    key_actions.pausing_problem,
    key_actions.resuming_problem,
    key_actions.cancel_problem,
    key_actions.refuse_link,
    key_actions.resend_problem,
    key_actions.gateway_problem,
    key_actions.rotation_problem,
}
