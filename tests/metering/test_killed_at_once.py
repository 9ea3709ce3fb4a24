"""Several gateways at once, each cut off anywhere and any number of times: whatever is answered counts, and once."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import DatabaseError, InterfaceError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.models import KeySecret
from metering import ledger
from metering.models import Generation
from metering.results import Result
from tests.metering.conftest import Item, rollups_equal_the_ledger
from tests.metering.test_exactly_once import _ids, _item, _uses, secrets  # noqa: F401 (a fixture)
from tests.metering.test_killed import Killer

pytestmark = pytest.mark.django_db(transaction=True)
# More statements than a batch has, so that some are not cut off.
STATEMENTS, TRIES = 24, 40


class Gateway:
    """Sends what it has until it is answered; its connection to the database dies at random."""

    def __init__(self, number: int, seed: int, now: datetime) -> None:
        self.name, self.chance, self.now = f"gw-{number}", random.Random(seed + number), now
        self.killed = 0

    def send(self, batch: list[Item]) -> list[Result]:
        for _ in range(TRIES):
            killer = Killer(self.chance.randint(1, STATEMENTS), after=self.chance.random() < 0.5)
            try:
                with connection.execute_wrapper(killer):
                    return ledger.append(items=batch, source=self.name, gateway="gwc_test", now=self.now)
            except (DatabaseError, InterfaceError):
                continue
            finally:
                if killer.has_struck:
                    self.killed += 1
                    connection.close()
        raise AssertionError("never answered")

    def send_all(self, items: list[Item]) -> list[Result]:
        """In an order of its own, cut in its own way, and some of them twice."""
        left, told = self.chance.sample(items, len(items)) + self.chance.sample(items, len(items) // 3), []
        while left:
            cut = self.chance.randint(1, len(left))
            batch, left = left[:cut], left[cut:]
            told += self.send(batch)
        return told


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), size=st.integers(3, 20), keys=st.integers(1, 6))
def test_whatever_is_answered_counts_once(
    seed: int,
    size: int,
    keys: int,
    secrets: list[KeySecret],  # noqa: F811 (the fixture)
    now: datetime,
    together: Callable[[Callable[[int], list[Result]]], list[list[Result]]],
) -> None:
    chance, before = random.Random(seed), _ids()
    # Examples share a ledger, and may share a seed: each has idempotency keys of its own.
    items = [_item(chance, secrets, now, keys, f"{seed}-{len(before)}") for _ in range(size)]
    told = [one for results in together(lambda number: Gateway(number, seed, now).send_all(items)) for one in results]
    new = _ids() - before
    # Of what was committed and never answered, the next answer says that it is there already.
    accepted = Counter(one["generation_id"] for one in told if one["status"].startswith("accepted"))
    assert max(accepted.values(), default=1) == 1
    assert {one["status"] for one in told} <= {"accepted", "accepted_late", "duplicate"}
    assert {one["generation_id"] for one in told if one["code"] != "idempotency_replay"} == new
    assert {one["generation_id"] for one in told} == {item["generation_id"] for item in items}
    assert Generation.objects.filter(generation_id__in=new).count() == len(new)
    assert len(_uses(new, secrets)) == len({(i["key"], i["idempotency_key"]) for i in items if i["idempotency_key"]})
    assert rollups_equal_the_ledger()
