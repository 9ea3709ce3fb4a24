"""Counts the rollups anew."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from keys.models import ApiKey
from metering import recounting
from metering.commands import named_period
from metering.models import BillingPeriod
from metering.recounting import Difference
from orgs.commands import OneLineCommand
from orgs.models import Organization

AT_ONCE = 500


class Command(OneLineCommand):
    help = (
        "Count the hourly and the daily rollup anew from the ledger and the voids, and the sums of days from the hours,"
        " and name each difference. Ends with status 0 where there is none, with 1 otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--period", metavar="ORG/LABEL", help="only what this billing period counts")

    def handle(self, *args: Any, **options: Any) -> None:
        period = named_period(options["period"]) if options["period"] else None
        since = recounting.since()
        if since:
            self.stderr.write(f"Months before are detached: counted from {since:%F} on.")
        found = 0
        for line in _lines(recounting.differences(period=period, since=since)):
            self.stdout.write(line)
            found += 1
        if found:
            self.stderr.write(f"{found} rows of the rollups are not what the ledger adds up to.")
            sys.exit(1)
        self.stdout.write("The rollups are what the ledger adds up to.")


def _lines(differences: Iterable[Difference]) -> Iterator[str]:
    remaining = iter(differences)
    while some := list(islice(remaining, AT_ONCE)):
        yield from _named(some)


def _named(some: Sequence[Difference]) -> Iterator[str]:
    organizations = Organization.objects.in_bulk({one.organization_id for one in some})
    keys = ApiKey.objects.in_bulk({one.of["key_id"] for one in some if "key_id" in one.of})
    of_them = {one.of[name] for one in some for name in ("period_id", "original_period_id")} - {None}
    periods = BillingPeriod.objects.in_bulk(of_them)
    for one in some:
        period, original = periods.get(one.of["period_id"]), periods.get(one.of["original_period_id"])
        late = f" (of {original})" if original else ""
        yield (
            f"{_at(one)} {organizations[one.organization_id].uid}, period {period or 'none'}{late}, {_what(one, keys)}:"
            f" the {one.source} {_has(one)} {_counted(one.counted)}, the {one.rollup} row has {_counted(one.stands)}"
        )


def _at(one: Difference) -> str:
    at = one.at
    return f"{at.astimezone(UTC):%F %H:00} UTC" if isinstance(at, datetime) else f"{at:%F}"


def _what(one: Difference, keys: dict[Any, ApiKey]) -> str:
    if "told" in one.of:
        return " ".join(filter(None, [one.of[name] for name in ("environment", "told", "value", "zone")]))
    said = ("environment", "api_version", "outcome", "resolution", "aspect_ratio", "service_tier", "failure_cause")
    return " ".join([keys[one.of["key_id"]].uid, *(one.of[name] for name in said if one.of[name])])


def _has(one: Difference) -> str:
    return "have" if one.source == "hours" else "has"


def _counted(pair: tuple[int, int]) -> str:
    generations, units = pair
    return f"{generations} generations of {units} units"
