"""The metrics page: what all worker processes of the gateway counted, summed. Run as `python -m axis_admin.metrics`."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import django
import redis
from django.conf import settings
from django.db.models import Min
from prometheus_client import CollectorRegistry, Metric, multiprocess, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

FLUSH_AGE = "axis_counts_flush_age_seconds"
OLDEST_NOTICE = "axis_notices_oldest_seconds"


class GatewayMetrics(Collector):
    """The counters of every worker, the living and the dead; the gauges of the living alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._all = multiprocess.MultiProcessCollector(None, path=str(folder))

    def collect(self) -> Iterator[Metric]:
        self._forget_the_dead()
        yield from self._all.collect()

    def _forget_the_dead(self) -> None:
        for file in self._folder.glob("gauge_live*.db"):
            pid = file.stem.rpartition("_")[2]
            try:
                os.kill(int(pid), 0)
            except ProcessLookupError:
                file.unlink(missing_ok=True)
            except (ValueError, PermissionError):
                continue


class SweepMetrics(Collector):
    """How old the last flush of all counts is: the sweep runs elsewhere, and leaves the time in the counter store."""

    def collect(self) -> Iterator[Metric]:
        # Once Django is set up: models come with it.
        from keys import counts
        from keys.limits import store

        with contextlib.suppress(redis.RedisError):
            age = counts.lag(store.client())
            if age is not None:
                yield GaugeMetricFamily(FLUSH_AGE, "Seconds since all counts were last written down.", value=age)


class OutboxMetrics(Collector):
    """How long the oldest mail to a contact waits; 0 where none does."""

    def collect(self) -> Iterator[Metric]:
        from django.db import DatabaseError, connection
        from django.utils import timezone

        from orgs.models import Notice

        with contextlib.suppress(DatabaseError):
            oldest = Notice.objects.waiting().aggregate(at=Min("created_at"))["at"]
            waits = (timezone.now() - oldest).total_seconds() if oldest else 0.0
            yield GaugeMetricFamily(OLDEST_NOTICE, "Seconds that the oldest mail to a contact waits.", value=waits)
        # Each scrape has a thread of its own, and its connection would outlive it.
        if not connection.in_atomic_block:
            connection.close()


def serve(*, host: str, port: int, folder: Path) -> None:
    """Answer scrapes until SIGTERM or SIGINT."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    registry = CollectorRegistry(auto_describe=False)
    registry.register(GatewayMetrics(folder))
    registry.register(SweepMetrics())
    registry.register(OutboxMetrics())
    server, thread = start_http_server(port, addr=host, registry=registry)
    ended.wait()
    with contextlib.suppress(OSError):
        server.shutdown()
    thread.join(timeout=5)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axis_admin.settings")
    django.setup()
    serve(host=settings.METRICS_HOST, port=settings.METRICS_PORT, folder=settings.METRICS_DIR)
