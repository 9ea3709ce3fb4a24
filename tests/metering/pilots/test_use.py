"""What a pilot has used of its cap, and how far its criteria are, counted from the ledger."""

from datetime import datetime, timedelta

import time_machine

from audit.models import Event
from keys.criteria import Measured
from keys.models import KeySecret, Pilot
from metering import pilot_use, tasks
from tests.factories import SecretFactory
from tests.metering.conftest import Report, generation

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_both_count_exactly_the_pilot_s_range(pilot: Pilot, live: KeySecret, report: Report, now: datetime) -> None:
    sandbox = SecretFactory(key__organization=pilot.organization, key__environment="test")
    start, moment = pilot.starts_at, now + 2 * DAY
    with time_machine.travel(moment, tick=False):
        results = report(
            generation(live, start - HOUR, duration_ms=90_000),
            *(generation(live, start + HOUR + each * timedelta(minutes=7), duration_ms=each) for each in range(1, 41)),
            *(generation(live, start + HOUR, outcome="failed", failure_cause="engine") for _ in range(2)),
            generation(sandbox, start + HOUR, duration_ms=80_000),
            at=moment,
        )
    assert {result["status"] for result in results} == {"accepted"}
    assert pilot_use.cap_used(pilot, at=moment) == 40
    assert pilot_use.measured(pilot, at=moment) == Measured(40, 2, 38)
    assert pilot_use.cap_used(pilot, at=start) == 0


def test_people_are_told_of_the_cap_by_a_sweep_once(
    pilot: Pilot, live: KeySecret, report: Report, now: datetime
) -> None:
    items = [generation(live, pilot.starts_at + each * timedelta(minutes=1)) for each in range(1, 81)]
    with time_machine.travel(now + DAY, tick=False):
        report(*items[:79], at=now + DAY)
        tasks.warn_of_pilot_caps()
        assert not Event.objects.filter(verb="pilot.cap_warned").exists()
        report(*items[79:], at=now + DAY)
        for _ in range(2):
            tasks.warn_of_pilot_caps()
    assert Event.objects.get(verb="pilot.cap_warned").detail["used"] == 80
