from typing import Any

import pytest

from tests.factories import ContactFactory, OrganizationFactory


@pytest.fixture
def studios(db: None) -> None:
    OrganizationFactory(name="Halide & Sons", slug="halide")
    suspended = OrganizationFactory(name="Kestrel VFX", slug="kestrel", status="suspended")
    ContactFactory(organization=suspended, email="platform@birds.example")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Halide", "Kestrel"}),
        ("?q=halide", {"Halide"}),
        ("?q=birds", {"Kestrel"}),
        ("?status=suspended", {"Kestrel"}),
        ("?q=halide&status=suspended", set()),
        ("?plan=standard", {"Halide", "Kestrel"}),
        ("?plan=pilot", set()),
        ("?q=%00", {"Halide", "Kestrel"}),
        ("?page=900", {"Halide", "Kestrel"}),
        ("?status=nonsense", set()),
    ],
)
def test_filters_stand_in_the_url(query: str, found: set[str], studios: None, viewer: Any, browser_of: Any) -> None:
    page = browser_of(viewer).get(f"/orgs/{query}").text
    assert {name for name in ("Halide", "Kestrel") if f"{name} " in page or f"{name}&" in page} == found


def test_an_account_manager_sees_her_own_alone(
    account_manager: Any, her_organization: Any, other_organization: Any, browser_of: Any
) -> None:
    page = browser_of(account_manager).get("/orgs/").text
    assert her_organization.uid in page
    assert other_organization.uid not in page


def test_a_name_is_text_and_never_markup(viewer: Any, browser_of: Any) -> None:
    OrganizationFactory(name='<script>alert(1)</script>" hx-get="/steal')
    page = browser_of(viewer).get("/orgs/").text
    assert "<script>alert" not in page
    assert '" hx-get="/steal' not in page
