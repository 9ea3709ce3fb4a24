"""The filter is read from an address and writes itself into one; what is unknown is told and breaks nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from keys.models import KeySecret
from metering import explorer
from metering.explorer import Filter
from orgs.models import Organization, Staff
from tests.factories import OrganizationFactory, SecretFactory

NOON = datetime(2026, 11, 22, 12, 40, tzinfo=UTC)
Read = Callable[..., Filter]


@pytest.fixture
def read(viewer: Staff) -> Read:
    """Read an address as somebody who sees everything, at NOON."""

    def from_query(query: str, organization: Organization | None = None, *, user: Staff = viewer) -> Filter:
        return Filter.from_query(QueryDict(query), user, organization, now=NOON)

    return from_query


@pytest.mark.parametrize(
    "query",
    [
        "range=7d&grain=hour",
        "range=last-month&by=tier&compare=no",
        "from=2026-11-03&to=2026-11-04&grain=day",
        "from=2026-11-03T07Z&to=2026-11-03T09Z",
        "range=30d&version=v2&resolution=1K&resolution=2K&not_ratio=1%3A1&tier=shared&by=resolution",
        "range=30d&outcome=failed&cause=not-said-by-gateway&environment=test",
        "period=none&range=90d&original=any",
        "range=24h&org=nobody&key=key_none",
    ],
)
def test_an_address_comes_back_as_it_was(query: str, read: Read) -> None:
    assert sorted(read(query).query_string.split("&")) == sorted(query.split("&"))


def test_a_pinned_address_means_the_same_hours_later(read: Read, viewer: Staff) -> None:
    asked = read("range=7d&by=key")
    later = Filter.from_query(QueryDict(asked.pinned_query_string), viewer, now=NOON + timedelta(days=3))
    assert (later.span.start, later.span.end) == (asked.span.start, asked.span.end)
    assert later.by == "key"


def test_nothing_said_is_this_month_across_and_the_present_period_inside(
    read: Read, halide: Organization, now: datetime, viewer: Staff
) -> None:
    assert (read("").range, read("").span.label) == ("month", "November 2026")
    inside = Filter.from_query(QueryDict(""), viewer, halide, now=now)
    assert inside.period == halide.billing_periods.containing(now).get()
    assert not inside.is_timed


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("range=ever", "There is no range “ever” here."),
        ("version=v9", "“v9” is no version here. It is left out."),
        ("not_tier=best", "“best” is no tier here. It is left out."),
        ("by=colour", "“colour” is no by here. It is left out."),
        ("from=soon", "“soon” to “soon” is no range. Write days as 2026-11-24."),
        ("from=2026-11-04&to=2026-11-03", "The range ends before it begins."),
        ("from=9999-12-31", "“9999-12-31” to “9999-12-31” is no range. Write days as 2026-11-24."),
        ("org=nobody", "No org in your scope is called “nobody”. Nothing is counted for it."),
        ("range=90d&grain=hour", "Last 90 days is too long for a bar each hour."),
        ("environment=both", "“both” is no environment here. It is left out."),
    ],
)
def test_what_is_unknown_is_told(query: str, note: str, read: Read, db: None) -> None:
    assert read(query).notes == (note.replace("No org ", "No organization "),)


@pytest.mark.parametrize("query", ["org=nobody", "key=key_nothing", "period=org_x/2026-11", "period=%00", "org=%00"])
def test_no_address_is_an_error(query: str, read: Read, db: None) -> None:
    asked = read(query)
    assert list(explorer.rows(asked)) == []
    assert not explorer.generations(asked).exists()


def test_what_nobody_knows_stays_in_the_address_and_counts_nothing(read: Read, db: None) -> None:
    again = read(read("org=nobody").query_string)
    assert again.organizations == ()
    assert not explorer.generations(again).exists()


def test_organizations_and_keys_are_those_in_scope(
    read: Read, account_manager: Staff, her_organization: Organization, other_organization: Organization
) -> None:
    key = SecretFactory(key__organization=other_organization).key
    asked = read(f"org={her_organization.slug}&org={other_organization.uid}&key={key.uid}", user=account_manager)
    assert asked.organizations == (her_organization,)
    assert asked.keys == ()
    assert asked.scope == {her_organization.pk}
    assert len(asked.notes) == 2


def test_a_period_of_somebody_else_is_unknown(read: Read, account_manager: Staff, halide: Organization) -> None:
    label = halide.billing_periods.order_by("span")[0].label
    asked = read(f"period={halide.uid}/{label}", user=account_manager)
    assert (asked.period, asked.is_nothing) == (None, True)


def test_the_versions_are_columns_so_that_lines_are_who_used_them(read: Read, live: KeySecret) -> None:
    organization = live.key.organization
    assert read("").lines_by == "org"
    assert read(f"org={organization.uid}").lines_by == "key"
    assert read("by=tier").lines_by == "tier"


def test_lists_of_generations_are_addressed_by_name() -> None:
    address = explorer.generations_url({"period": "org_1/2026-11", "resolution": ["1K", "2K"], "original": "none"})
    assert address == "/usage/generations/?period=org_1%2F2026-11&resolution=1K&resolution=2K&original=none"
    with pytest.raises(ValueError, match="api_version"):
        explorer.generations_url({"api_version": "v2"})


def test_inside_an_organization_days_are_those_of_its_zone(read: Read, db: None) -> None:
    there = OrganizationFactory(time_zone="America/Sao_Paulo")
    asked = read("from=2026-11-03&to=2026-11-03", there)
    assert (asked.span.start.hour, asked.span.length) == (3, timedelta(days=1))
    assert "from=2026-11-03T03Z" in asked.opened()
