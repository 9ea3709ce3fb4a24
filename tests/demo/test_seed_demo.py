"""`manage.py seed_demo`."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, Max, Min, Model, Sum

from audit.verbs import Verb
from axis_admin.demo_data import rhythm, traffic
from keys import conditions, states
from keys.models import ApiKey, GatewayCredential, KeySecret
from metering.models import Generation, UsageDay, UsageHour
from orgs.models import Organization, Staff
from orgs.policy import Role
from tests.factories import OrganizationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo")]

COUNTED_BY = (
    "organization_id, period_id, original_period_id, key_id, environment, api_version, outcome, resolution,"
    " service_tier, aspect_ratio, failure_cause"
)
HOUR, DAY = "date_trunc('hour', occurred_at, 'UTC')", "(occurred_at AT TIME ZONE 'UTC')::date"


def test_it_refuses_a_database_that_has_organizations() -> None:
    OrganizationFactory()
    before = Organization.objects.count(), Staff.objects.count(), Generation.objects.count()
    with pytest.raises(CommandError, match="This database has organizations") as refused:
        call_command("seed_demo", stderr=StringIO())
    assert refused.value.returncode == 1
    assert (Organization.objects.count(), Staff.objects.count(), Generation.objects.count()) == before


def test_it_says_how_much_it_made(demo: str) -> None:
    generations = Generation.objects.count()
    assert demo == f"12 organizations, {ApiKey.objects.count()} keys, {generations} generations.\n"


def test_twelve_organizations_are_in_every_status(demo: str) -> None:
    assert Organization.objects.count() == 12
    assert set(Organization.objects.values_list("status", flat=True)) == set(Organization.Status.values)
    assert Organization.objects.values("plan_version__plan__code").distinct().count() == 3
    assert Organization.objects.values("time_zone").distinct().count() > 6


def test_its_staff_hold_every_role_and_nobody_knows_a_password(demo: str, capsys: pytest.CaptureFixture) -> None:
    held = {grant.role for person in Staff.objects.all() for grant in person.grants}
    assert held == set(Role.values)
    assert Organization.objects.filter(account_manager=None).count() == 0
    assert capsys.readouterr().out == ""


def test_keys_are_in_every_state(demo: str, begun: datetime) -> None:
    keys = ApiKey.objects.with_secrets()
    seen = {states.of_key(key, at=begun + timedelta(minutes=1)).label for key in keys}
    assert seen == {
        "Active", "Unused", "Rotating", "Scheduled", "Rotation due", "Paused", "Expired", "Revoked", "Not yet active",
        "Refused",
    }  # fmt: skip
    for state, _ in states.CHOICES:
        assert ApiKey.objects.filter(conditions.of_state(state, at=begun)).exists(), state


def test_no_key_is_younger_than_what_it_has_generated(demo: str) -> None:
    first = dict(Generation.objects.order_by().values_list("key_id").annotate(Min("occurred_at")))
    for key in ApiKey.objects.filter(pk__in=first).select_related("organization"):
        assert key.organization.created_at <= key.created_at <= first[key.pk], key


def test_a_revoked_or_expired_key_generated_nothing_afterwards(demo: str, begun: datetime) -> None:
    last = dict(Generation.objects.order_by().values_list("key_id").annotate(Max("occurred_at")))
    for key in ApiKey.objects.filter(pk__in=last):
        ended = key.revoked_at or min(key.expires_at, begun)
        assert last[key.pk] <= ended, key


def test_gateway_credentials_are_of_both_environments_and_one_is_revoked(demo: str) -> None:
    assert set(GatewayCredential.objects.values_list("environment", flat=True)) == {"production", "staging"}
    assert GatewayCredential.objects.exclude(revoked_at=None).count() == 1


def test_it_reaches_13_months_back_and_is_thinned_the_more_before_the_last_60_days(demo: str, begun: datetime) -> None:
    first = Generation.objects.aggregate(first=Min("occurred_at"))["first"]
    assert timedelta(days=390) < begun - first < timedelta(days=397)

    def a_day(since: int, until: int) -> float:
        span = (begun - timedelta(days=since), begun - timedelta(days=until))
        return Generation.objects.filter(occurred_at__range=span).count() / (since - until)

    assert a_day(60, 4) > 1.5 * a_day(130, 74) > 3 * a_day(396, 200)
    assert [rhythm.kept(days) for days in (0, 60, 105, 396)] == [1, 1, 0.5, 1 / 8]


def test_weekends_and_nights_are_quiet(demo: str, begun: datetime) -> None:
    lately = Generation.objects.filter(organization__slug="kestrel", occurred_at__gt=begun - timedelta(days=56))
    days = dict(lately.order_by().values_list("occurred_at__iso_week_day").annotate(Count("generation_id")))
    assert max(days[6], days[7]) < 0.5 * min(days[day] for day in range(1, 6))
    hours = dict(lately.order_by().values_list("occurred_at__hour").annotate(Count("generation_id")))
    assert hours.get(3, 0) < 0.2 * hours[15]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("api_version", {"v1", "v2"}),
        ("outcome", {"succeeded", "failed"}),
        ("environment", {"live", "test"}),
        ("resolution", {"1K", "2K", "4K"}),
        ("aspect_ratio", {ratio for ratio, _ in traffic.ASPECT_RATIOS}),
        ("service_tier", set(Generation.Tier.values)),
        ("failure_cause", {"", *Generation.FailureCause.values}),
    ],
)
def test_every_kind_of_generation_is_there(demo: str, column: str, values: set[str]) -> None:
    assert set(Generation.objects.order_by().values_list(column, flat=True).distinct()) == values


def test_failures_are_few_but_for_one_bad_afternoon(demo: str, begun: datetime) -> None:
    def failing(rows) -> float:
        return rows.filter(outcome="failed").count() / rows.count()

    amiss = Generation.objects.filter(
        occurred_at__date=traffic.incident_day(begun), occurred_at__hour__in=traffic.INCIDENT_HOURS
    )
    assert failing(Generation.objects.all()) < 0.02
    assert failing(amiss) > 0.08


def test_every_generation_stands_in_a_billing_period(demo: str) -> None:
    assert 100_000 < Generation.objects.count() < 300_000
    assert not Generation.objects.filter(period=None).exists()


@pytest.mark.parametrize(("rollup", "time", "expression"), [(UsageHour, "hour", HOUR), (UsageDay, "day", DAY)])
def test_the_ledger_equals_the_rollups(demo: str, rollup: type[Model], time: str, expression: str) -> None:
    differing = (
        f"WITH ledger AS (SELECT {expression} AS {time}, {COUNTED_BY}, count(*) AS generations, sum(units) AS units"
        f" FROM metering_generation GROUP BY {time}, {COUNTED_BY}),"
        f" rollup AS (SELECT {time}, {COUNTED_BY}, generations, units FROM {rollup._meta.db_table})"
        " SELECT count(*) FROM ((TABLE ledger EXCEPT ALL TABLE rollup) UNION ALL"
        " (TABLE rollup EXCEPT ALL TABLE ledger)) AS differing"
    )
    with connection.cursor() as cursor:
        cursor.execute(differing)
        assert cursor.fetchone() == (0,)
    assert rollup.objects.aggregate(n=Sum("generations"))["n"] == Generation.objects.count()


def test_all_of_it_stands_in_the_trail(demo: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT verb, count(*), array_agg(DISTINCT actor_type) FROM audit_event GROUP BY verb")
        found = {verb: (count, actors) for verb, count, actors in cursor.fetchall()}
    assert all(actors == ["system"] for _, actors in found.values())
    assert found[Verb.DEMO_SEEDED][0] == 1
    assert found[Verb.ORGANIZATION_CREATED][0] == Organization.objects.count()
    assert found[Verb.KEY_ISSUED][0] == ApiKey.objects.count()
    assert found[Verb.KEY_ROTATED][0] == KeySecret.objects.filter(state="overlap").count()
    for verb in (Verb.KEY_PAUSED, Verb.KEY_EDITED, Verb.KEY_REVOKED, Verb.GATEWAY_REVOKED, Verb.ORGANIZATION_SUSPENDED):
        assert verb in found
