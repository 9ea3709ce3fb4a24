"""Once so much of a quota is used, contacts are told, each step once; and staff see it until the quota begins anew."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from keys import quota_warnings
from keys.models import WindowUse
from orgs.models import Notice, Staff
from tests.factories import ContactFactory
from tests.gateway.quotas.conftest import Customer

Sweep = Callable[[], None]


@pytest.fixture(autouse=True)
def contact(customer: Customer) -> None:
    ContactFactory(organization=customer.organization, email="ops@halide.example")


def use(customer: Customer, times: int) -> None:
    customer.report(*(customer.generation() for _ in range(times)))


def test_each_step_is_told_once(customer: Customer, sweep: Sweep) -> None:
    customer.limit(10, warn_at=[50, 80, 100], overage_allowance=5)
    customer.admit("a")
    use(customer, 3)
    sweep()
    assert not Notice.objects.exists()
    use(customer, 1)
    sweep()
    sweep()
    (first,) = Notice.objects.all()
    assert first.subject == "Axis API: Halide has used 50 % of a quota"
    assert "5 more pass beyond it; what is beyond those is refused until" in first.body.replace("\n", " ")
    use(customer, 6)
    sweep()
    assert Notice.objects.count() == 2
    assert [one.detail["percent"] for one in Event.objects.filter(verb="limit.warned").order_by("occurred_at")] == [
        50,
        110,
    ]


def test_the_next_window_is_told_anew(customer: Customer, sweep: Sweep) -> None:
    customer.limit(2, window="day", warn_at=[50])
    customer.admit()
    sweep()
    WindowUse.objects.update(starts_at=timezone.now() - timedelta(days=1), ends_at=timezone.now())
    Notice.objects.update(about="yesterday's")
    sweep()
    assert Notice.objects.count() == 2


def test_of_a_pilot_s_cap_nobody_is_told_here(customer: Customer, sweep: Sweep) -> None:
    customer.limit(2, window="term", warn_at=[50])
    customer.limit(2, window="day", warn_at=[50], name="daily")
    customer.admit()
    sweep()
    assert [event.target_label for event in Event.objects.filter(verb="limit.warned")] == ["daily"]


def test_a_key_s_own_quota_and_requests_warn_as_well(customer: Customer, sweep: Sweep) -> None:
    customer.limit(4, key=customer.secret.key, dimension="requests", window="day", warn_at=[50], mode="warn")
    customer.admit()
    customer.admit()
    sweep()
    (warned,) = quota_warnings.warnings_of(customer.organization, at=timezone.now())
    assert (warned.title, warned.step) == (f"Key {customer.secret.key}: 50% of 4 requests a day used.", 50)
    assert warned.meaning.startswith("Calls beyond it pass all the same")


def test_staff_see_it_on_the_first_page_and_with_the_limits(
    customer: Customer, sweep: Sweep, account_manager: Staff, key_admin: Staff, browser_of: Any
) -> None:
    customer.limit(10, warn_at=[80])
    customer.admit()
    use(customer, 8)
    sweep()
    texts = [item["text"] for when in ("today", "later") for item in browser_of(key_admin).get("/").context[when]]
    assert "Halide has used 90% of 10 generations a month" in texts
    page = browser_of(key_admin).get(f"/orgs/{customer.organization.uid}/limits/")
    assert "90% of 10 generations a month used." in page.content.decode()
    assert not browser_of(account_manager).get("/").context["later"]
