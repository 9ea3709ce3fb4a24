"""Closes a billing period now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from audit import trail
from metering import actions, closing, closing_facts, currencies
from metering.closing import State
from metering.commands import named_period
from metering.models import BillingPeriod, Statement
from orgs.commands import OneLineCommand, acting, refusals_as_errors


class Command(OneLineCommand):
    help = (
        "Make a billing period that has ended final now, without waiting for its review window, and issue its"
        " statement. What is in the way is said in one line, and ends the command with status 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("period", metavar="ORG/LABEL", help="org_…/2026-10, or the organization's slug.")
        parser.add_argument("--reason", required=True, help="Why, for the audit log.")
        parser.add_argument("--ticket", default="", help="The ticket that this belongs to.")
        parser.add_argument(
            "--override", action="store_true", help="Also where gateway counts differ or usage has no price."
        )

    @refusals_as_errors
    def handle(self, *args: Any, **options: Any) -> None:
        period, now, actor = named_period(options["period"]), timezone.now(), acting()
        why = {"reason": options["reason"], "ticket": options["ticket"]}
        if period.state == State.FINAL:
            raise CommandError(f"{options['period']} is final already. Nothing was changed.")
        if options["override"]:
            _override(period, actor=actor, **why)
        period = actions.finish_period(period=period, actor=actor, now=now, **why)
        issued = Statement.objects.statements().get(period=period)
        total = currencies.said(issued.total, issued.currency)
        self.stdout.write(f"{options['period']} is final: statement {issued.number}, {total}.")


def _override(period: BillingPeriod, *, actor: trail.Actor, reason: str, ticket: str) -> None:
    """Override what can be, where there is anything; the review begins for it where it has not."""
    now = timezone.now()
    if period.state == State.OPEN:
        period = actions.begin_review(period=period, actor=actor, now=now)
    if closing.overridable(closing.blockers(closing_facts.of_period(period, at=now))):
        actions.override_agreement(period=period, actor=actor, now=now, reason=reason, ticket=ticket)
