"""A customer whose running jobs are limited."""

from typing import Any

import pytest

from keys.models import KeySecret, LimitRule
from tests.factories import RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway

CONCURRENCY = {"kind": "concurrency", "api_version": None, "period_s": None, "burst": None}
QUOTA = {"kind": "window", "api_version": None, "period_s": None, "burst": None, "window": "day"}


def jobs(secret: KeySecret, limit: int = 1, **fields: Any) -> LimitRule:
    """Limit the running jobs of the secret's organization."""
    made: LimitRule = RuleFactory(
        organization=secret.key.organization, name="jobs", limit=limit, **{**CONCURRENCY, **fields}
    )
    return made


def quota(secret: KeySecret, limit: int, **fields: Any) -> LimitRule:
    """Limit the generations of the secret's organization in a day."""
    dimension = {"dimension": "generations", **fields}
    made: LimitRule = RuleFactory(
        organization=secret.key.organization, name="day", limit=limit, **{**QUOTA, **dimension}
    )
    return made


def remaining(gateway: Gateway, secret: KeySecret, name: str) -> int:
    """What is left of a limit, asked without spending."""
    answer = gateway.validate(secret, admit=False)
    return int(next(one["remaining"] for one in answer["limits"] if one["name"] == name))


@pytest.fixture
def busy(db: None) -> KeySecret:
    """A secret of a customer of whom one job may run."""
    made: KeySecret = SecretFactory()
    jobs(made)
    return made
