"""The usage explorer over one month of 5,000,000 generations, by day: across all organizations, and inside one.

Measured is what a page costs: everything from the filter to what is drawn, with all its statements; and whole pages
through Django, templates and session included. Prints its conditions, tables, and as its last line the figures.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import conditions, cpu, figures, month, report, stack

if TYPE_CHECKING:
    from orgs.models import Organization, Staff

GENERATIONS, ROUNDS = 5_000_000, 12
ZONE = "Europe/Lisbon"
ACROSS = ("version", "org", "key", "resolution", "ratio", "tier", "outcome")
INSIDE = ("version", "key", "resolution", "tier")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generations", type=int, default=GENERATIONS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    # Nothing is pinned: the database may use a second core for a statement, as it may for a page.
    cores = replace(cpu.one_for_the_server(cpu.available()), stores=frozenset(cpu.available()))
    with stack.stores(cores, surface="staff") as var:
        _run(var, generations=asked.generations, rounds=asked.rounds)


def _run(var: Path, *, generations: int, rounds: int) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=month.DAYS)
    largest = _customers(first)
    began = time.perf_counter()
    days, hours = month.fill(var, first=first, generations=generations)
    print(
        "\n".join(conditions.lines(("Generations", f"{generations:,}, {time.perf_counter() - began:.0f} s to write")))
    )
    began = time.perf_counter()
    sums = month.sum_days(var)
    print(f"- Rollups: {days:,} rows by day, {hours:,} by hour; {month.ORGANIZATIONS * month.KEYS} keys")
    print(
        f"- Sums of days: {sums:,} rows, {time.perf_counter() - began:.0f} s to make; all tables vacuumed after that\n"
    )
    person = _person()
    span = f"from={first:%Y-%m-%d}&to={today - timedelta(days=1):%Y-%m-%d}"
    across = _boards(span, ACROSS, person, None, rounds)
    # Its days are summed in both zones. It is asked for in one and in the other.
    largest.time_zone = "UTC"
    inside = _boards(span, INSIDE, person, largest, rounds)
    largest.time_zone = ZONE
    local = _boards(span, INSIDE, person, largest, rounds)
    pages = _pages(span, person, largest, rounds)
    for name, taken in (("across", across), ("inside, UTC", inside), (f"inside, {ZONE}", local), ("pages", pages)):
        rows = [[each, *_cells(values)] for each, values in taken.items()]
        print(figures.table([name, "p50 ms", "p95 ms", "most ms"], rows), end="\n\n")
    print(
        figures.last_line(
            across_p95_ms=_p95(across), inside_p95_ms=_p95(inside), local_p95_ms=_p95(local), page_p95_ms=_p95(pages)
        )
    )


def _boards(
    span: str, groups: Sequence[str], person: "Staff", organization: "Organization | None", rounds: int
) -> Mapping[str, list[float]]:
    from django.http import QueryDict

    from metering.explorer import Filter, boards

    def board(by: str) -> None:
        asked = Filter.from_query(QueryDict(f"{span}&by={by}"), person, organization)
        made = boards.board(asked, order="-total", page=None)
        if not made.foot.total or len(made.chart["points"]) < month.DAYS:
            raise report.Spoiled(f"by {by} nothing was counted")

    return {by: _timed(lambda by=by: board(by), rounds) for by in groups}  # type: ignore[misc]


def _pages(span: str, person: "Staff", organization: "Organization", rounds: int) -> Mapping[str, list[float]]:
    from django.test import Client

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person)

    def page(path: str) -> None:
        if (status := client.get(f"{path}?{span}").status_code) != 200:
            raise report.Spoiled(f"{path} is answered with {status}")

    paths = ["/usage/", f"/orgs/{organization.uid}/usage/"]
    return {path.partition("org_")[0]: _timed(lambda path=path: page(path), rounds) for path in paths}  # type: ignore[misc]


def _timed(act: Callable[[], None], rounds: int) -> list[float]:
    """Return the milliseconds of each round, after one that warms what a running site has warm."""
    act()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1_000)
    return taken


def _cells(values: Sequence[float]) -> list[str]:
    ascending = sorted(values)
    return [f"{figures.percentile(ascending, share):.1f}" for share in (0.5, 0.95, 1)]


def _p95(taken: Mapping[str, Sequence[float]]) -> float:
    return figures.percentile(sorted(value for values in taken.values() for value in values), 0.95)


def _customers(first: datetime) -> "Organization":
    """Make the organizations with their keys and periods; returns the one that uses most."""
    from django.db import transaction

    from audit import trail
    from keys import actions as keys
    from metering import actions as metering
    from metering import partitions
    from orgs import actions, plans
    from orgs.models import Organization

    who, made = trail.SYSTEM, []
    partitions.ensure_between(first, datetime.now(UTC))
    for number in range(month.ORGANIZATIONS):
        with transaction.atomic():
            organization = actions.create_organization(
                actor=who, name=f"Studio {number}", slug=f"studio-{number}", plan_version=plans.latest("enterprise"),
                status=Organization.Status.ACTIVE, created_at=first, time_zone="UTC" if number else ZONE,
            )  # fmt: skip
            for key in range(month.KEYS):
                keys.issue_key(
                    organization=organization, actor=who, name=f"key {key}", environment="live",
                    api_versions=["v1", "v2"], expires_at=datetime.now(UTC) + timedelta(days=60),
                )  # fmt: skip
            for contract in organization.contracts.all():
                metering.open_periods(contract=contract, actor=who, through=datetime.now(UTC))
        made.append(organization)
    return made[0]


def _person() -> "Staff":
    from audit import trail
    from orgs import actions

    person, _ = actions.create_staff(actor=trail.SYSTEM, name="Bench", email="bench@example.org", role="viewer")
    return person


if __name__ == "__main__":
    report.or_one_line(main)
