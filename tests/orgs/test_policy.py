from dataclasses import dataclass
from typing import Any

import pytest

from orgs import policy
from orgs.policy import Grant, Permission, Role


@dataclass
class Person:
    grants: tuple[Grant, ...]
    id: int = 7
    is_active: bool = True


@dataclass
class Studio:
    id: int
    account_manager_id: int | None = None


@dataclass
class Credential:
    environment: str


def holding(role: Role, organization_id: int | None = None) -> Person:
    return Person((Grant(role, organization_id),))


MINE, OTHERS = Studio(1, account_manager_id=7), Studio(2, account_manager_id=8)


def test_an_account_manager_reaches_her_own_organizations_alone() -> None:
    manager = holding(Role.ACCOUNT_MANAGER)
    assert policy.can(manager, Permission.ORGANIZATION_EDIT, MINE)
    assert not policy.can(manager, Permission.ORGANIZATION_EDIT, OTHERS)
    assert policy.can(manager, Permission.ORGANIZATION_EDIT)


def test_an_account_manager_named_for_one_organization_reaches_that_one_too() -> None:
    manager = Person((Grant(Role.ACCOUNT_MANAGER), Grant(Role.ACCOUNT_MANAGER, 2)))
    assert policy.can(manager, Permission.USAGE_SEE, OTHERS)
    assert policy.can(manager, Permission.USAGE_SEE, MINE)
    assert not policy.can(manager, Permission.USAGE_SEE, Studio(3))


def test_a_role_in_one_organization_reaches_no_gateway() -> None:
    assert not policy.can(holding(Role.ADMINISTRATOR, 1), Permission.GATEWAY_SEE, Credential("staging"))


@pytest.mark.parametrize("permission", sorted(policy.EVERYWHERE))
def test_what_is_about_no_organization_needs_a_role_that_holds_everywhere(permission: Permission) -> None:
    assert policy.can(holding(Role.ADMINISTRATOR), permission)
    assert not policy.can(holding(Role.ADMINISTRATOR, 1), permission)


def test_an_account_manager_makes_organizations_and_a_role_in_one_counts_for_that_one() -> None:
    assert policy.can(holding(Role.ACCOUNT_MANAGER), Permission.ORGANIZATION_CREATE)
    assert policy.can(holding(Role.ADMINISTRATOR, 1), Permission.ORGANIZATION_EDIT)
    assert policy.can(holding(Role.ADMINISTRATOR, 1), Permission.ORGANIZATION_ASSIGN, MINE)


@pytest.mark.parametrize(("environment", "allowed"), [("staging", True), ("production", False)])
def test_a_key_admin_makes_gateway_credentials_for_staging_alone(environment: str, allowed: bool) -> None:
    assert policy.can(holding(Role.KEY_ADMIN), Permission.GATEWAY_CREATE, Credential(environment)) is allowed


def test_issuing_needs_a_fresh_proof() -> None:
    person = holding(Role.KEY_ADMIN)
    assert policy.can(person, Permission.KEY_ISSUE, MINE)
    assert policy.needs_step_up(person, Permission.KEY_ISSUE, MINE)
    assert policy.can(person, Permission.KEY_ISSUE, MINE, fresh=True)
    assert not policy.can(person, Permission.KEY_ISSUE, MINE, fresh=False)


def test_revoking_needs_a_proof_of_the_account_manager_alone() -> None:
    assert policy.needs_step_up(holding(Role.ACCOUNT_MANAGER), Permission.KEY_REVOKE, MINE)
    assert not policy.needs_step_up(holding(Role.KEY_ADMIN), Permission.KEY_REVOKE, MINE)


def test_of_two_roles_the_one_that_asks_for_less_counts() -> None:
    person = Person((Grant(Role.ACCOUNT_MANAGER), Grant(Role.KEY_ADMIN)))
    assert not policy.needs_step_up(person, Permission.KEY_REVOKE, MINE)


def test_who_left_may_do_nothing() -> None:
    left = Person((Grant(Role.ADMINISTRATOR),), is_active=False)
    assert not any(policy.can(left, permission) for permission in Permission)
    assert not policy.scope(left, Permission.ORGANIZATION_SEE).everything


@pytest.mark.parametrize("permission", list(Permission))
def test_every_permission_stands_in_the_table_and_an_administrator_holds_it(permission: Permission) -> None:
    obj: Any = Credential("production") if permission.startswith("gateway") else MINE
    assert policy.can(holding(Role.ADMINISTRATOR), permission, obj)


@pytest.mark.parametrize("permission", [p for p in Permission if not p.endswith(".see")])
def test_a_viewer_changes_nothing(permission: Permission) -> None:
    assert not policy.can(holding(Role.VIEWER), permission)
