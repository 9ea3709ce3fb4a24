"""`manage.py usage`."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from audit import trail
from keys.models import KeySecret
from metering import contracts, rating
from orgs.models import Organization
from tests.factories import OrganizationFactory, SecretFactory
from tests.metering.conftest import Report, generation

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _usage(*arguments: str) -> Any:
    out = StringIO()
    call_command("usage", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def _counted(v1: int = 0, v2: int = 0) -> dict[str, int]:
    return {"v1": v1, "v2": v2}


def test_both_versions_stand_there_also_at_0(halide: Organization) -> None:
    assert _usage(halide.uid) == {"succeeded": _counted(), "failed": _counted(), "units": _counted()}


def test_it_counts_the_current_period_of_live_keys(
    live: KeySecret, sandbox: KeySecret, hers: KeySecret, now: datetime, report: Report
) -> None:
    report(
        generation(live, now, units=3),
        generation(live, now, units=4),
        generation(live, now, api_version="v1"),
        generation(live, now, outcome="failed", units=5),
        generation(sandbox, now),
        generation(hers, now),
    )
    expected = {"succeeded": _counted(1, 2), "failed": _counted(0, 1), "units": _counted(1, 7)}
    assert _usage(live.key.organization.uid) == _usage(live.key.organization.slug) == expected


def test_what_is_in_another_period_is_not_counted(live: KeySecret, now: datetime, report: Report) -> None:
    start = live.key.organization.billing_periods.containing(now).get().span.lower
    report(generation(live, start), generation(live, start - timedelta(milliseconds=1)))
    assert _usage(live.key.organization.uid)["succeeded"] == _counted(v2=1)


def test_parked_generations_count_by_time_where_no_contract_covers(now: datetime, db: None, report: Report) -> None:
    secret = SecretFactory(key__organization=OrganizationFactory(time_zone="Asia/Kathmandu"))
    assert report(generation(secret, now))[0]["period"] is None
    assert _usage(secret.key.organization.uid)["succeeded"] == _counted(v2=1)
    since = f"{now - timedelta(days=2):%Y-%m-%d}"
    assert _usage(secret.key.organization.uid, "--from", since)["succeeded"] == _counted(v2=1)


def test_an_anchor_in_the_middle_of_the_month(db: None, report: Report) -> None:
    with time_machine.travel(NOON, tick=False):
        secret = SecretFactory(key__organization=OrganizationFactory())
        organization = secret.key.organization
        contracts.open_contract(
            organization=organization,
            actor=trail.SYSTEM,
            since=NOON - timedelta(days=60),
            terms=rating.unpriced(anchor_day=15),
        )
        inside, before = datetime(2026, 11, 15, tzinfo=UTC), datetime(2026, 11, 14, 23, 59, 59, tzinfo=UTC)
        told = report(generation(secret, inside), generation(secret, before), at=NOON)
        assert [one["period"] for one in told] == ["2026-11-15", "2026-10-15"]
        assert _usage(organization.slug)["succeeded"] == _counted(v2=1)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-11-21", "2026-11-22", 4),
        ("2026-11-21T00:00:00Z", "2026-11-21T23:59:59.999Z", 3),
        ("2026-11-21T10:30:00Z", "2026-11-21T10:30:00.001Z", 1),
        ("2026-11-21T10:30:00.001Z", "2026-11-21T23:00:00Z", 1),
        ("2026-11-21T11:00:00+01:00", "2026-11-21T12:00:00+01:00", 2),
        ("2026-11-20", "2026-11-21", 0),
    ],
)
def test_a_range_counts_start_up_to_before_its_end(
    since: str, until: str, expected: int, live: KeySecret, report: Report
) -> None:
    times = ["2026-11-21T10:00:00Z", "2026-11-21T10:30:00Z", "2026-11-21T22:15:00Z", "2026-11-21T23:59:59.999Z"]
    for text in [*times, "2026-11-22T00:00:00Z"]:
        at = datetime.fromisoformat(text)
        assert report(generation(live, at), at=NOON)[0]["status"] == "accepted"
    assert _usage(live.key.organization.uid, "--from", since, "--to", until)["succeeded"] == _counted(v2=expected)


def test_a_day_is_the_organizations_own(report: Report, db: None) -> None:
    secret = SecretFactory(key__organization=OrganizationFactory(time_zone="Asia/Kathmandu"))
    at = datetime(2026, 11, 20, 18, 15, tzinfo=UTC)
    report(generation(secret, at), generation(secret, at - timedelta(milliseconds=1)), at=NOON)
    day = ("--from", "2026-11-21", "--to", "2026-11-22")
    assert _usage(secret.key.organization.uid, *day)["succeeded"] == _counted(v2=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody"], "There is no organization “nobody”"),
        (["halide", "--from", "yesterday"], "write a day as"),
        (["halide", "--from", "2026-13-01"], "--from 2026-13-01"),
        (["halide", "--to", "0001-01-01"], "write a day as"),
        (["halide", "--from", "2026-11-02", "--to", "2026-11-02"], "--from must be before --to"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], message: str, db: None) -> None:
    OrganizationFactory(slug="halide")
    with pytest.raises(CommandError, match=message):
        call_command("usage", *arguments)


def test_for_people_it_is_a_table(live: KeySecret, now: datetime, report: Report) -> None:
    report(*(generation(live, now, units=2) for _ in range(1_200)))
    out = StringIO()
    call_command("usage", live.key.organization.slug, stdout=out)
    lines = out.getvalue().splitlines()
    assert "Halide & Sons" in lines[0]
    assert f"billing period {now:%Y-%m}" in lines[0]
    assert lines[-1].split() == ["all", "1,200", "0", "2,400"]
