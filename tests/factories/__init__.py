"""Rows that a test starts from. Each is saved with one `test.fixture` event that names it, as the guard demands.

Ask for what the test talks about: `SecretFactory(key__organization__status="suspended")`, `KeyFactory(state="paused")`.
"""

from tests.factories.counts import DecisionHourFactory, RefusalFactory, SecretHourFactory, UseFactory
from tests.factories.gateways import GatewayFactory, GatewaySecretFactory
from tests.factories.keys import ImportedFactory, KeyFactory, LeakFactory, LinkFactory, SecretFactory, announced
from tests.factories.limits import PilotFactory, RuleFactory
from tests.factories.organizations import (
    ContactFactory,
    NoticeFactory,
    OrganizationFactory,
    PlanFactory,
    PlanVersionFactory,
    RoleAssignmentFactory,
    StaffFactory,
)
from tests.factories.recording import RecordedFactory, record_fixture, sealed

__all__ = [
    "ContactFactory",
    "DecisionHourFactory",
    "GatewayFactory",
    "GatewaySecretFactory",
    "ImportedFactory",
    "KeyFactory",
    "LeakFactory",
    "LinkFactory",
    "NoticeFactory",
    "OrganizationFactory",
    "PilotFactory",
    "PlanFactory",
    "PlanVersionFactory",
    "RecordedFactory",
    "RefusalFactory",
    "RoleAssignmentFactory",
    "RuleFactory",
    "SecretFactory",
    "SecretHourFactory",
    "StaffFactory",
    "UseFactory",
    "announced",
    "record_fixture",
    "sealed",
]
