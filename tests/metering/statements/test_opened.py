"""Behind every quantity of a statement stand as many generations as it says."""

from urllib.parse import urlsplit

from django.http import QueryDict

from metering import drafts, period_page
from metering.draft_lines import Opens
from metering.explorer import behind
from metering.explorer.query import Filter, generations_url
from metering.models import BillingPeriod
from orgs.models import Staff
from tests.metering.closing.given import a_contract, counted, period_of
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
        assert _opened(line.opens, billing) == line.quantity, line
    assert sum(line.quantity or 0 for line in lines) == 1_459


def test_blanks_and_long_price_lists_open_no_others(billing: Staff) -> None:
    named = [str(number) for number in range(30)]
    october = period_of(a_contract(prices=[("v2", named, "Named", [(None, "1")]), ("v2", [], "Others", [(None, "2")])]))
    for resolution in (*named, "", "8K"):
        counted(october, 1, resolution=resolution)
    for line in drafts.draft(october).lines:
        assert _opened(line.opens, billing) == line.quantity
    gaps = period_of(a_contract(prices=[]))
    for resolution in ("", " ", "4K", " 4K", "\u30004K"):
        counted(gaps, 1, resolution=resolution)
    assert [_opened(line.opens, billing) for line in drafts.draft(gaps).lines] == [1, 1, 1, 1, 1]


def _opened(opens: Opens | None, reader: Staff) -> int:
    query = QueryDict(urlsplit(generations_url(opens or {})).query)
    return behind.count(Filter.from_query(query, reader, now=ISSUED)).number
