"""Whoever answers for a customer sees that mails do not arrive; so does whoever watches the metrics."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from axis_admin.metrics import OLDEST_NOTICE, OutboxMetrics
from tests.factories import NoticeFactory


def test_mails_that_do_not_arrive_stand_on_the_home_page(
    account_manager: Any, her_organization: Any, browser_of: Any
) -> None:
    NoticeFactory(organization=her_organization, attempts=3, last_error="ConnectionRefusedError: no")
    NoticeFactory(organization=her_organization, state="failed", email="gone@halide.example")
    NoticeFactory(state="failed", email="elsewhere@studio.example")
    NoticeFactory(organization=her_organization)
    page = browser_of(account_manager).get("/").text
    assert "1 mail to contacts cannot be sent" in page
    assert "ConnectionRefusedError: no" in page
    assert "A mail to gone@halide.example failed" in page
    assert "elsewhere@studio.example" not in page


def test_the_metric_tells_how_long_the_oldest_mail_waits(db: None) -> None:
    def waits() -> float:
        (metric,) = OutboxMetrics().collect()
        assert metric.name == OLDEST_NOTICE
        value: float = metric.samples[0].value
        return value

    NoticeFactory(state="sent", sent_at=timezone.now(), created_at=timezone.now() - timedelta(hours=2))
    assert waits() == 0
    NoticeFactory(created_at=timezone.now() - timedelta(hours=1))
    assert 3_600 <= waits() < 3_700
