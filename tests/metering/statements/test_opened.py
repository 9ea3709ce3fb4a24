"""Behind every quantity of a statement stand as many generations as it says."""

from urllib.parse import urlsplit

from django.http import QueryDict

from metering import period_page
from metering.explorer import behind
from metering.explorer.query import Filter, generations_url
from metering.models import BillingPeriod
from orgs.models import Staff
from tests.metering.closing.given import counted, period_of
from tests.metering.statements.given import ISSUED


def test_a_link_opens_as_many_as_the_line_says(billing: Staff, october: BillingPeriod) -> None:
    september = period_of(october.contract, "2026-09")
    counted(october, 1_000)
    counted(october, 300, resolution="4K", units=600)
    counted(october, 70, resolution="")
    counted(october, 20, api_version="v1", resolution="1K")
    counted(october, 9, service_tier="pilot")
    counted(october, 5, outcome="failed", failure_cause="engine", resolution="4K")
    counted(october, 60, original=september)
    lines = [line for line in period_page.of(october).paper.lines if line.opens]
    assert len(lines) == 6
    for line in lines:
        query = QueryDict(urlsplit(generations_url(line.opens or {})).query)
        asked = Filter.from_query(query, billing, now=ISSUED)
        assert behind.count(asked).number == line.quantity, line
    assert sum(line.quantity or 0 for line in lines) == 1_459
