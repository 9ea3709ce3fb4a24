"""Exports of very many generations: how fast they are made, and that memory does not grow with them.

Fills a ledger with 5,000,000 generations over a year and exports one month of them, and the year, in each format, each
in a process of its own, as a worker does it. Prints its conditions, a table, and as its last line the figures: rows a
second of the year as CSV, and the most memory that any year took as a multiple of what its month did.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import conditions, cpu, figures, report, stack

if TYPE_CHECKING:
    from orgs.models import Staff

GENERATIONS, ORGANIZATIONS, KEYS_EACH = 5_000_000, 50, 2
FORMATS = ("csv", "ndjson", "xlsx")
HEAD = ("format", "rows", "s", "rows/s", "file MB", "peak memory MB")
_MB = 1_000_000
# What the kernel counts memory in here.
_KIB = 1024 if sys.platform.startswith("linux") else 1


def main() -> None:
    options = _options()
    if options.make is not None:
        _make(options.make)
        return
    with stack.stores(cpu.shared(cpu.available())) as var:
        now, took = _filled(var, options.generations)
        told = f"{options.generations:,} over a year, {took:.0f} s to write"
        print(*conditions.lines(("Generations", told)), sep="\n", end="\n\n", flush=True)
        made = {(format, days): _exported(format, now, days) for format in FORMATS for days in (30, 365)}
    _print(made, options.generations)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generations", type=int, default=GENERATIONS)
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _filled(var: Path, generations: int) -> tuple[datetime, float]:
    from django.db import connection
    from django.utils import timezone

    from bench import customers, many_generations
    from metering import partitions

    customers.sign_up(ORGANIZATIONS, keys_each=KEYS_EACH)
    now, began = timezone.now(), time.perf_counter()
    partitions.ensure_between(now - many_generations.YEAR, now)
    whose = many_generations.of_every_key()
    connection.close()
    many_generations.write(stack.owner_login(var), generations, whose=whose, until=now)
    return now, time.perf_counter() - began


def _exported(format: str, now: datetime, days: int) -> Mapping[str, Any]:
    """Ask for the last days, and have a process of its own make the file; returns what it took."""
    from audit import trail
    from metering import actions
    from metering.exporting import running
    from metering.models import Export

    first = now - timedelta(days=days)
    asked = actions.start_export(
        owner=_person(), actor=trail.SYSTEM, title=f"{days} days", what="generations", format=format,
        query=f"from={first:%Y-%m-%d}&to={now:%Y-%m-%d}",
    )  # fmt: skip
    time.sleep(running.SETTLING.total_seconds())
    command = [sys.executable, __file__, "--make", str(asked.pk)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    made = Export.objects.get(pk=asked.pk)
    if made.state != Export.State.DONE or not made.rows:
        raise report.Spoiled(f"the export of {days} days as {format} is {made.state}: {made.sentence}")
    found = {**told, "rows": made.rows, "bytes": made.bytes}
    made.pieces.all().delete()
    return found


def _make(export: int) -> None:
    """Make one export, as a worker does, turn after turn; prints seconds and the most memory in bytes."""
    import django

    django.setup()
    from metering.exporting import running

    began = time.perf_counter()
    while running.run(export):
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB
    print(json.dumps({"seconds": time.perf_counter() - began, "peak": peak}))


def _person() -> "Staff":
    from audit import trail
    from orgs import actions
    from orgs.models import Staff

    known = Staff.objects.first()
    if known is not None:
        return known
    return actions.create_staff(actor=trail.SYSTEM, email="bench@axis.example", role="administrator")[0]


def _print(made: Mapping[tuple[str, int], Mapping[str, Any]], generations: int) -> None:
    print(figures.table(HEAD, [_row(format, found) for (format, _), found in made.items()]), end="\n\n")
    if made["csv", 365]["rows"] < generations * 0.99:
        raise report.Spoiled(f"the year has {made['csv', 365]['rows']:,} of {generations:,} rows")
    year = made["csv", 365]
    growth = max(made[format, 365]["peak"] / made[format, 30]["peak"] for format in FORMATS)
    print(figures.last_line(export_rows_per_s=year["rows"] / year["seconds"], export_memory_growth=growth))


def _row(format: str, found: Mapping[str, Any]) -> Sequence[str]:
    rows, seconds = found["rows"], found["seconds"]
    size, peak = found["bytes"] / _MB, found["peak"] / _MB
    return format, f"{rows:,}", f"{seconds:.1f}", f"{rows / seconds:,.0f}", f"{size:.0f}", f"{peak:.0f}"


if __name__ == "__main__":
    report.or_one_line(main)
