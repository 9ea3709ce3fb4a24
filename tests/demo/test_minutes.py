"""The demo's minutes are its hours, told apart."""

from datetime import datetime, timedelta

import pytest
from django.db.models import Sum

from keys.models import DecisionHour, DecisionMinute

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo")]


def test_the_minutes_of_the_last_days_add_up_to_their_hours(demo: str, begun: datetime) -> None:
    since = (begun - timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    minutes = DecisionMinute.objects.filter(minute__gte=since).order_by().values_list("code").annotate(Sum("calls"))
    hours = DecisionHour.objects.filter(hour__gte=since).order_by().values_list("code").annotate(Sum("calls"))
    counted = dict(hours)
    assert counted["VALID"] > 1_000
    assert dict(minutes) == counted


def test_no_minute_is_yet_to_come(demo: str, begun: datetime) -> None:
    assert not DecisionMinute.objects.filter(minute__gt=begun + timedelta(minutes=1)).exists()
