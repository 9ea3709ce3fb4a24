import sys
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from keys import actions, sealing, secrets
from keys.actions.field_keys import BATCH, Resealed
from orgs.commands import OneLineCommand, acting, refusals_as_errors

LARGEST = 10_000
# What `--status` ends with while something is under another key than the first.
LEFT = 2


class Command(OneLineCommand):
    help = (
        "Encrypt every stored digest again under the first key of FIELD_KEYS; run again, it goes on where it stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=_size, default=BATCH, help=f"rows a transaction, {BATCH} by default")
        parser.add_argument("--status", action="store_true", help="only say how many digests are under which key")
        parser.add_argument("--reason", default="")
        parser.add_argument("--ticket", default="")

    @refusals_as_errors
    def handle(self, *args: Any, batch: int, status: bool, reason: str, ticket: str, **options: Any) -> None:
        if status:
            self._status()
            return
        run = actions.rotate_field_key(actor=acting(), batch=batch, reason=reason, ticket=ticket, told=self._tell)
        if run.lost:
            shown = ", ".join(run.lost[:10])
            raise CommandError(f"{run.done} sealed again. {len(run.lost)} open with no key of the ring: {shown}.")
        self.stdout.write(f"{run.done} sealed again. Everything is under the first key.")

    def _tell(self, run: Resealed) -> None:
        self.stderr.write(f"{run.done} so far")

    def _status(self) -> None:
        counts, ring = sealing.counts(), [secrets.key_number(key) for key in settings.FIELD_KEYS]
        for place, number in enumerate(ring):
            self.stdout.write(_line(number, counts.pop(number, {}), "seals" if place == 0 else "opens"))
        for number, found in sorted(counts.items()):
            kind = "by place, opens" if number < secrets.LOWEST_NUMBER else "not in the ring"
            self.stdout.write(_line(number, found, kind))
        if sealing.is_left({True: {}, False: {}}):
            sys.exit(LEFT)


def _line(number: int, found: dict[int, int], kind: str) -> str:
    keys, gateways = found.get(0, 0), found.get(1, 0)
    can_go = ", can be dropped" if kind == "opens" and not keys + gateways else ""
    return f"field key {number} ({kind}): {keys} secrets of keys, {gateways} of gateways{can_go}"


def _size(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST:
        raise ArgumentTypeError(f"a number from 1 to {LARGEST}")
    return int(text)
