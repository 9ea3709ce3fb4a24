"""How old the counts are can be watched."""

import pytest
import redis
from prometheus_client import CollectorRegistry, generate_latest

from axis_admin import metrics
from keys import counts, tasks
from keys.limits import store


def page() -> str:
    registry = CollectorRegistry()
    registry.register(metrics.SweepMetrics())
    return generate_latest(registry).decode()


def test_the_age_of_the_last_flush_is_told(db: None, a_patient_and_empty_counter_store: redis.Redis) -> None:
    assert metrics.FLUSH_AGE not in page()
    tasks.flush_uses()
    a_patient_and_empty_counter_store.incrbyfloat(counts.FLUSHED_AT, -300)
    (line,) = [line for line in page().splitlines() if line.startswith(metrics.FLUSH_AGE)]
    assert 300 <= float(line.split()[1]) < 360


def test_a_store_that_is_away_costs_no_other_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "client", lambda: store.connect("unix:///nowhere/valkey.sock"))
    assert page().strip() == ""
