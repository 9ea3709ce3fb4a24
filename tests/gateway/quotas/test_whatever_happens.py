"""Whatever is admitted, reported, lost and given back: after a sweep a counter is the ledger and what is open."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import trail
from keys.limits import limiter, store, uncounted
from metering import windows_settled
from metering.models import Generation
from orgs import actions
from tests.factories import SecretFactory
from tests.gateway.quotas.conftest import Customer
from tests.gateway.quotas.test_races import end_open

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = ("admit", "admit", "admit", "succeed", "succeed", "fail", "cost_other", "resend", "unasked", "of_a_lease")
MISHAPS = ("lose", "crash", "away", "settle_late", "give_back", "sweep")
AWAY = store.Store("unix:///nowhere.sock")


class Life:
    """A customer to whom things happen; what is to be reported, and what was."""

    def __init__(self, customer: Customer, monkeypatch: pytest.MonkeyPatch, sweep: Callable[[], None]) -> None:
        organization = actions.create_organization(actor=trail.SYSTEM, name="Anew", status="active")
        secret = SecretFactory(key__organization=organization)
        self.of = Customer(customer.gateway, customer.valkey, organization, secret)
        self.of.limit(10_000, dimension="units", name="units")
        self.of.limit(10_000, dimension="generations", name="v2", window="day", api_version="v2")
        self.of.limit(1_000, kind="concurrency", window=None, dimension="requests", name="jobs")
        self.monkeypatch, self._sweep = monkeypatch, sweep
        self.running: list[tuple[str, int, str | None]] = []
        self.reported: list[dict[str, Any]] = []
        self.number = 0

    def admit(self, units: int) -> None:
        self.number += 1
        told = self.of.admit(str(self.number), units=units)
        assert told["valid"], told
        self.running.append((str(self.number), units, told["lease"] and told["lease"]["id"]))

    def succeed(self, units: int) -> None:
        self._report_one(units=None)

    def cost_other(self, units: int) -> None:
        self._report_one(units=units)

    def fail(self, units: int) -> None:
        self._report_one(units=None, outcome="failed")

    def of_a_lease(self, units: int) -> None:
        if self.running:
            _, cost, lease = self.running.pop()
            self._report(self.of.generation(None, units=cost, lease=lease))

    def resend(self, units: int) -> None:
        if self.reported:
            self._report(self.reported[units % len(self.reported)])

    def unasked(self, units: int) -> None:
        self._report(self.of.generation(None, units=units))

    def lose(self, units: int) -> None:
        self.of.valkey.flushdb()

    def crash(self, units: int) -> None:
        """The process dies between the commit and the settling."""
        with self.monkeypatch.context() as dying:
            dying.setattr(windows_settled, "tell", lambda *_, **__: None)
            self.succeed(units)

    def settle_late(self, units: int) -> None:
        held, tell = [], windows_settled.tell
        with self.monkeypatch.context() as slow:
            slow.setattr(windows_settled, "tell", lambda *told, **named: held.append((told, named)))
            self.succeed(units)
            self.unasked(units)
        self.sweep() if units % 2 else self.admit(units)
        for told, named in held:
            tell(*told, **named)

    def away(self, units: int) -> None:
        """The counter store is away for one call and one report."""
        with self.monkeypatch.context() as outage:
            outage.setattr(store, "current", lambda: AWAY)
            outage.setattr(limiter, "limiter", lambda: limiter.Limiter(AWAY))
            self.admit(units)
            self.fail(units)
        uncounted.count()

    def give_back(self, units: int) -> None:
        end_open(self.of)

    def sweep(self, units: int = 1) -> None:
        self._sweep()

    def check(self) -> None:
        """Sweep, and compare every counter that there is."""
        self.sweep()
        for slot, by in (("units:any:month", "units"), ("generations:v2:day", "generations")):
            (name, *_), opens = self._counters(slot)
            ledger = Generation.objects.filter(organization=self.of.organization, outcome="succeeded")
            counted = sum(row.units if by == "units" else 1 for row in ledger)
            assert self.of.used(slot) == [counted + opens], (slot, name)

    def _counters(self, slot: str) -> tuple[list[bytes], int]:
        names = self.of.valkey.keys(f"{{{self.of.organization.id}}}:window:organization:{slot}:*")
        opens = [name for name in names if name.endswith(b":open")]
        members = [member for name in opens for member in self.of.valkey.zrange(name, 0, -1)]
        return names, sum(int(member.rpartition(b":")[2]) for member in members)

    def _report_one(self, *, units: int | None, **fields: Any) -> None:
        if self.running:
            request_id, cost, _ = self.running.pop(0)
            self._report(self.of.generation(request_id, units=units or cost, **fields))

    def _report(self, made: dict[str, Any]) -> None:
        assert self.of.report(made)[0] in ("accepted", "duplicate")
        self.reported.append(made)


steps = st.lists(st.tuples(st.sampled_from(STEPS + MISHAPS), st.integers(1, 9)), min_size=5, max_size=25)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_a_counter_is_the_ledger_and_what_is_open(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, sweep: Callable[[], None], steps: list[tuple[str, int]]
) -> None:
    life = Life(customer, monkeypatch, sweep)
    for step, units in steps:
        getattr(life, step)(units)
    # Seeds whatever was lost.
    life.admit(1)
    life.check()
    # And with nobody sweeping again, for as long as nothing is lost.
    life.succeed(1)
    life.unasked(3)
    used = life.of.used("units:any:month")
    life.check()
    assert life.of.used("units:any:month") == used
