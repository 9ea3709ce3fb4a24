"""Under which conditions a bench ran: machine, versions, durability."""

import os
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "django", "djangorestframework", "djangorestframework-api-key", "granian", "psycopg", "redis", "hiredis", "orjson",
)  # fmt: skip
DURABILITY = ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method")


def lines(*more: tuple[str, str]) -> list[str]:
    """Return the conditions, one a line; the stack must be running. `more` are the bench's own."""
    common = [
        ("Processor", f"{_processor()}, {os.cpu_count()} cores; {platform.system()} {platform.release()}"),
        ("Load average before", " ".join(f"{load:.2f}" for load in os.getloadavg())),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("Packages", ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)),
        ("Stores", _stores()),
        ("PostgreSQL", ", ".join(f"{name} {value}" for name, value in _settings())),
    ]
    return [f"- {name}: {text}" for name, text in [*common, *more]]


def _processor() -> str:
    try:
        described = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in described if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _stores() -> str:
    from django.db import connection

    from keys.limits import store

    info = store.client().info("server")
    valkey = info.get("valkey_version", info["redis_version"])
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}, Valkey {valkey}, both by unix socket"


def _settings() -> Iterable[tuple[str, str]]:
    from django.db import connection

    with connection.cursor() as cursor:
        for name in DURABILITY:
            cursor.execute(f"SHOW {name}")
            yield name, cursor.fetchone()[0]
