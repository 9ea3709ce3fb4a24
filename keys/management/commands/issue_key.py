from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from keys import actions, lifetimes
from keys.models import ApiKey
from orgs.commands import OneLineCommand, acting, named_organization, refusals_as_errors


class Command(OneLineCommand):
    help = "Issue a key. The last line is the credential, which is stored nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("org", metavar="ORG", help="the organization's id or slug")
        parser.add_argument("name")
        parser.add_argument("--environment", required=True, choices=ApiKey.Environment.values)
        parser.add_argument("--api-version", action="append", required=True, dest="api_versions", help="repeatable")
        parser.add_argument("--days", type=int, help="how long it lives; the plan's default otherwise")
        parser.add_argument("--reason", default="")
        parser.add_argument("--ticket", default="")

    @refusals_as_errors
    def handle(self, *args: Any, org: str, days: int | None, **options: Any) -> None:
        organization, now = named_organization(org), timezone.now()
        expires_at = (
            now + timedelta(days=days)
            if days is not None
            else lifetimes.default_expiry(organization.plan_version, now=now)
        )
        given = {name: options[name] for name in ("name", "environment", "api_versions", "reason", "ticket")}
        key, credential = actions.issue_key(organization=organization, actor=acting(), expires_at=expires_at, **given)
        self.stderr.write(
            f"{key} ({key.uid}) of {organization} expires {expires_at:%Y-%m-%d %H:%M} UTC. Its credential:"
        )
        self.stdout.write(credential)
