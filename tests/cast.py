"""The cast: people whom every reader of a test knows, and knows who of them should be refused."""

from collections.abc import Callable

import pytest
from django.test import Client

from audit import trail
from orgs.models import Organization, Staff
from orgs.policy import Role
from tests.factories import OrganizationFactory, RoleAssignmentFactory, StaffFactory

PASSWORD = "a password that only tests know"
ACTOR = trail.Actor("staff", "stf_test", "Dana Test", roles=("Administrator",))


@pytest.fixture
def actor() -> trail.Actor:
    """Somebody who acts, where it does not matter who."""
    return ACTOR


def _person(name: str, role: str | None) -> Staff:
    person = StaffFactory(name=name, email=f"{name.lower()}@axis.example", password=PASSWORD)
    if role is not None:
        RoleAssignmentFactory(user=person, role=role)
    return person


@pytest.fixture
def administrator(db: None) -> Staff:
    """Ada may do everything."""
    return _person("Ada", Role.ADMINISTRATOR)


@pytest.fixture
def key_admin(db: None) -> Staff:
    """Kim issues, rotates and revokes keys everywhere."""
    return _person("Kim", Role.KEY_ADMIN)


@pytest.fixture
def account_manager(db: None) -> Staff:
    """Mina manages `her_organization`, and sees no other."""
    return _person("Mina", Role.ACCOUNT_MANAGER)


@pytest.fixture
def viewer(db: None) -> Staff:
    """Vic looks, and changes nothing."""
    return _person("Vic", Role.VIEWER)


@pytest.fixture
def billing(db: None) -> Staff:
    """Bea makes periods final, and sees everything that is counted."""
    return _person("Bea", Role.BILLING)


@pytest.fixture
def stranger(db: None) -> Staff:
    """Sam can sign in but holds no role."""
    return _person("Sam", None)


@pytest.fixture
def her_organization(account_manager: Staff) -> Organization:
    """The organization that Mina manages."""
    return OrganizationFactory(name="Halide & Sons", slug="halide", account_manager=account_manager)


@pytest.fixture
def other_organization(db: None) -> Organization:
    """An organization that nobody of the cast manages."""
    return OrganizationFactory(name="Kestrel VFX", slug="kestrel")


@pytest.fixture
def browser_of() -> Callable[[Staff], Client]:
    """Sign a person in and return their client; `proven=True` as if they had just proved who they are."""

    def sign_in(person: Staff, *, proven: bool = False) -> Client:
        client = Client()
        client.force_login(person)
        if proven:
            prove(client)
        return client

    return sign_in


def prove(client: Client) -> None:
    """Give the client's session a fresh proof."""
    from django.utils import timezone

    from orgs import proof

    session = client.session
    session[proof.PROVED] = timezone.now().isoformat()
    session.save()
