"""Counts what an organization has generated."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from keys.models import ApiKey
from metering import periods, usage
from metering.models import BillingPeriod, Contract
from metering.periods import Span
from metering.usage import Tally
from orgs.commands import OneLineCommand
from orgs.models import Organization

YEARS = range(2000, 2100)
TIME = "A day (2026-11-01) or a time (2026-11-01T12:00:00Z); without a zone, in the organization's own."


class Command(OneLineCommand):
    help = (
        "Count the generations of an organization's live keys by API version, and the cost units of those that"
        " succeeded. Without --from and --to: of the current billing period. Test keys are never counted here."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", metavar="ORG", help="The organization's id or slug.")
        parser.add_argument("--from", dest="start", metavar="TIME", help=f"The beginning, included. {TIME}")
        parser.add_argument("--to", dest="end", metavar="TIME", help="The end, not included; by default now.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = _organization(options["organization"])
        if options["start"] or options["end"]:
            what, total = _in_range(organization, options["start"], options["end"])
        else:
            what, total = _now(organization)
        self.stdout.write(_json(total) if options["json"] else _table(organization, what, total))


def _organization(id_or_slug: str) -> Organization:
    found = Organization.objects.named(id_or_slug).first()
    if found is None:
        raise CommandError(f"There is no organization “{id_or_slug}”.")
    return found


def _now(organization: Organization) -> tuple[str, Tally]:
    now = timezone.now()
    period = BillingPeriod.objects.containing(now).filter(organization=organization).first()
    if period is not None:
        return f"billing period {period}", usage.of_period(period, environment=ApiKey.Environment.LIVE)
    return _between(organization, _due_span(organization, now))


def _due_span(organization: Organization, now: datetime) -> Span:
    """The period that the contract owes; without a contract the calendar month, since what is parked counts too."""
    contract = Contract.objects.covering(now).filter(organization=organization).first()
    owed = periods.containing(now, contract.terms) if contract else None
    start = periods.month_start(now, organization.zone)
    return owed or Span(start, periods.next_month(start, organization.zone))


def _in_range(organization: Organization, start: str | None, end: str | None) -> tuple[str, Tally]:
    zone = organization.zone
    until = _time("--to", end, zone) if end else timezone.now()
    since = _time("--from", start, zone) if start else periods.month_start(until, zone)
    if since >= until:
        raise CommandError("--from must be before --to.")
    return _between(organization, Span(since, until))


def _between(organization: Organization, span: Span) -> tuple[str, Tally]:
    what = f"{span.start.astimezone(organization.zone):%F %T} ≤ t < {span.end.astimezone(organization.zone):%F %T %Z}"
    return what, usage.between(organization, span.start, span.end, environment=ApiKey.Environment.LIVE)


def _time(option: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        at = parse_datetime(text)
    except ValueError as error:
        raise CommandError(f"{option} {text}: {error}.") from error
    if at is None or at.year not in YEARS:
        raise CommandError(f"{option} {text}: write a day as 2026-11-01, or a time as 2026-11-01T12:00:00Z.")
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _json(total: Tally) -> str:
    return json.dumps({"succeeded": total.succeeded, "failed": total.failed, "units": total.units})


def _table(organization: Organization, what: str, total: Tally) -> str:
    lines = [
        f"{organization} ({organization.uid}), live keys, {what}",
        f"{'':12}{'succeeded':>12}{'failed':>12}{'units':>12}",
    ]
    rows = [
        (version, total.succeeded[version], total.failed[version], total.units[version]) for version in usage.VERSIONS
    ]
    rows.append(("all", total.generations, total.failures, total.cost_units))
    return "\n".join(lines + [f"{name:12}{one:>12,}{two:>12,}{three:>12,}" for name, one, two, three in rows])
