"""Whatever comes late or is voided, and whenever periods close: the statements together cost what all of it does."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import trail
from keys.models import KeySecret
from metering import actions, closing, closing_facts, ledger, periods, rating, verification
from metering.closing import State
from metering.models import BillingPeriod, Contract, Generation, Statement
from metering.rating import Quantity
from orgs.models import Staff
from tests.cast import ACTOR
from tests.factories import SecretFactory, StaffFactory
from tests.metering.closing.given import a_contract
from tests.metering.conftest import generation, rollups_equal_the_ledger

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONTHS = 3
PRICES = [
    ("v2", ["2K"], "v2, 2K", [(4, "0.9150"), (9, "0.5050"), (None, "0.1035")]),
    ("v1", [], "v1", [(5, "0.3333"), (None, "0.1111")]),
    ("v2", [], "v2, others", [(None, "1.2345")]),
]


@dataclass
class Story:
    """One customer's quarter: what was reported, what was voided, and which of its months are final."""

    contract: Contract
    secret: KeySecret
    staff: tuple[Staff, Staff]
    chance: random.Random
    now: datetime
    left: list[str] = field(default_factory=list)

    def report(self) -> None:
        """Some generations of this month, or of one whose reports are still taken."""
        items = []
        for _ in range(self.chance.randint(1, 4)):
            days = self.chance.choice([0, 0, 1, 9, 20, 33])
            at = max(self.now - days * DAY - self.chance.randrange(3_600) * timedelta(seconds=1), self._since)
            said = {
                "api_version": self.chance.choice(["v1", "v2"]),
                "resolution": self.chance.choice(["2K", "4K", None]),
                "units": self.chance.randint(1, 3),
                "service_tier": self.chance.choice(["shared", "shared", "shared", "pilot"]),
                "outcome": self.chance.choice(["succeeded"] * 5 + ["failed"]),
            }
            items.append(generation(self.secret, at, **said))
        told = ledger.append(items=items, source="gw-eu-1", gateway="gwc_test", now=self.now)
        assert all(one["status"].startswith("accepted") for one in told)
        self.left += [one["generation_id"] for one in items if one["outcome"] == "succeeded"]

    def void(self) -> None:
        """Take one of them off whatever bill it is on."""
        if not self.left:
            return
        found = Generation.objects.get(pk=self.left.pop(self.chance.randrange(len(self.left))))
        asker, decider = self.staff
        asked = actions.ask_to_void(generation=found, asker=asker, actor=ACTOR, reason="black")
        actions.approve_adjustment(request=asked, decider=decider, actor=ACTOR, now=self.now)

    def close(self) -> None:
        """Make the earliest month final that has ended and is not."""
        ended = self.contract.billing_periods.unfinished().filter(span__endswith__lte=self.now).order_by("span")
        if (period := ended.first()) is not None:
            finish(period, now=self.now)

    def wait(self) -> None:
        """Some days go by."""
        self.now += self.chance.choice([1, 5, 12]) * DAY

    @property
    def _since(self) -> datetime:
        begins: datetime = self.contract.effective.lower
        return begins


def finish(period: BillingPeriod, *, now: datetime) -> None:
    """All the way, whatever gateways say."""
    if period.state == State.OPEN:
        period = actions.begin_review(period=period, actor=ACTOR, now=now)
    if closing.overridable(closing.blockers(closing_facts.of_period(period, at=now))):
        period = actions.override_agreement(period=period, actor=ACTOR, now=now, reason="nobody counts here")
    actions.finish_period(period=period, actor=ACTOR, now=now, reason="month end")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(st.sampled_from(["report", "report", "void", "close", "wait"]), min_size=12, max_size=40),
    included=st.integers(0, 12),
    minimum=st.none() | st.integers(1, 12),
)
def test_all_statements_together_cost_what_everything_at_once_would(
    seed: int, steps: list[str], included: int, minimum: int | None
) -> None:
    now = timezone.now().replace(microsecond=0)
    since = periods.month_start(periods.month_start(now, UTC) - 33 * DAY, UTC)
    contract = a_contract(
        since=since, through=since, prices=PRICES, included_generations=included, minimum_amount=minimum
    )
    secret = SecretFactory(key__organization=contract.organization)
    story = Story(contract, secret, (StaffFactory(), StaffFactory()), random.Random(seed), since + DAY)
    for step in steps:
        if story.now > since + 75 * DAY:
            break
        getattr(story, step)()
    last = story.now + 100 * DAY
    actions.open_periods(contract=contract, actor=trail.SYSTEM, through=last - 2 * DAY)
    for period in contract.billing_periods.filter(span__endswith__lte=last).unfinished().order_by("span"):
        finish(period, now=last)
    _holds(story)


def _holds(story: Story) -> None:
    expected = Decimal(0)
    terms = None
    statements = list(Statement.objects.filter(organization=story.contract.organization))
    documents = [json.loads(one.document) for one in statements]
    for document in documents:
        terms = rating.Terms.from_json(document["terms"])
        assert document["checks"]["ledger"] == document["checks"]["lines"]
    assert terms is not None
    rows = Generation.objects.filter(pk__in=story.left).exclude(service_tier="pilot")
    for one in statements:
        usage: dict[tuple[str, str], Quantity] = {}
        for row in rows.between(one.period.span.lower, one.period.span.upper):
            slot = row.api_version, row.resolution
            usage[slot] = usage.get(slot, Quantity()) + Quantity(1, row.units)
        expected += rating.rate(terms, usage).total
    assert sum(one.total for one in statements) == expected
    assert sum(document["checks"]["ledger"] for document in documents) == len(story.left)
    assert rollups_equal_the_ledger()
    assert verification.verify()[1] == []
