"""A customer with a quota: calls are admitted and reported through the gateway's doors, and the counters looked at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import redis
from django.utils import timezone

from audit import trail, uuid7
from keys.limits.windows import Window
from keys.models import KeySecret, LimitRule
from metering import quotas, window_sweep
from orgs import actions
from orgs.models import Organization
from tests.factories import RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway, rfc3339


@dataclass
class Customer:
    """One organization with a live key, and the gateway that asks and reports for it."""

    gateway: Gateway
    valkey: redis.Redis
    organization: Organization
    secret: KeySecret
    rules: list[LimitRule] = field(default_factory=list)

    def limit(self, limit: int = 100, **fields: Any) -> LimitRule:
        """Set a quota of generations a month, unless told otherwise."""
        usual = {"kind": "window", "window": "month", "dimension": "generations", "period_s": None, "burst": None}
        owner = {} if "key" in fields else {"organization": self.organization}
        rule = RuleFactory(**{"name": "quota", "api_version": None, "limit": limit, **usual, **owner, **fields})
        self.rules.append(rule)
        return rule

    def admit(self, request_id: str | None = None, **fields: Any) -> dict[str, Any]:
        """Ask whether a call may pass."""
        return self.gateway.validate(fields.pop("secret", self.secret), request_id=request_id, **fields)

    def report(self, *items: dict[str, Any]) -> list[str]:
        """Report generations in one batch, and return what became of each."""
        response = self.gateway.post("generations", {"source": "gw-eu-1", "generations": list(items)})
        assert response.status_code == 200, response.content
        return [one["status"] for one in response.json()["results"]]

    def generation(self, request_id: str | None = None, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
        """Say what the gateway says about a generation of it: v2, succeeded, one unit, unless told otherwise."""
        at = at or timezone.now()
        secret = fields.pop("secret", self.secret)
        said = {
            "generation_id": str(uuid7.make(at)),
            "organization": self.organization.uid,
            "key": secret.public_id,
            "api_version": "v2",
            "outcome": "succeeded",
            "units": 1,
            "occurred_at": rfc3339(at),
            "request_id": request_id,
        }
        return {**said, **fields}

    def used(self, slot: str = "generations:any:month", owner: str = "organization") -> list[int]:
        """What the counters of this slot say, the oldest window first."""
        names = sorted(self.valkey.keys(f"{{{self.organization.id}}}:window:{owner}:{slot}:*"))
        return [window_used(self.valkey, name) for name in names if not name.endswith(b":open")]

    def open(self) -> int:
        """How much is admitted and not reported, of all windows together."""
        names = self.valkey.keys(f"{{{self.organization.id}}}:window:*:open")
        return sum(self.valkey.zcard(name) for name in names)

    def in_the_ledger(self, window: Window) -> int:
        return quotas.sums([window]).used[0]


def window_used(valkey: redis.Redis, name: bytes) -> int:
    from keys.limits import windows

    kept: Any = valkey.get(name)
    return windows.used(kept)


@pytest.fixture
def customer(calling: Gateway, a_patient_and_empty_counter_store: redis.Redis) -> Customer:
    organization = actions.create_organization(actor=trail.SYSTEM, name="Halide", status=Organization.Status.ACTIVE)
    secret = SecretFactory(key__organization=organization)
    return Customer(calling, a_patient_and_empty_counter_store, organization, secret)


@pytest.fixture
def sweep() -> Callable[[], None]:
    """Run the sweep of each minute."""
    return lambda: window_sweep.run(at=timezone.now())
