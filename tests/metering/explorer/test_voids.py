"""A voided generation is listed and marked, and no number counts it; numbers and lists still add up."""

from collections.abc import Callable
from datetime import datetime

from django.test import Client

from keys.models import KeySecret
from metering.explorer import behind, boards
from metering.models import BillingPeriod
from orgs.models import Staff
from tests.metering.adjustments.conftest import approve, asked, close, reported
from tests.metering.conftest import Report
from tests.metering.explorer.conftest import Ask

Browser = Callable[[Staff], Client]


def test_a_void_is_marked_and_the_rest_is_the_number(
    live: KeySecret, now: datetime, report: Report, billing: Staff, administrator: Staff, ask: Ask, browser_of: Browser
) -> None:
    kept, gone = (reported(report, live, now) for _ in range(2))
    adjustment = approve(asked(gone, billing), administrator, now)
    count = behind.count(ask("range=7d"))
    assert (count.number, count.voided, count.listed, list(count.elsewhere)) == (1, 1, 2, [])
    rows = behind.page(ask("range=7d"), "").rows
    assert {row.generation: row.void for row in rows} == {kept: None, gone: adjustment}
    assert boards.board(ask("range=7d"), order="", page=None).foot.total == 1
    page = browser_of(administrator).get(f"/usage/generations/{gone.pk}/").text
    assert f"Voided by {adjustment.number}." in page
    assert "Void generation" not in page


def test_a_void_of_a_final_period_is_taken_from_the_next_one(
    live: KeySecret, now: datetime, report: Report, billing: Staff, administrator: Staff, ask: Ask
) -> None:
    halide = live.key.organization
    period = halide.billing_periods.containing(now).get()
    gone = reported(report, live, now)
    close(period, BillingPeriod.State.FINAL)
    adjustment = approve(asked(gone, billing), administrator, now)
    assert adjustment.period is not None
    before, after = (ask(f"period={halide.uid}/{one.label}") for one in (period, adjustment.period))
    assert (behind.count(before).number, behind.count(before).voided) == (1, 0)
    count = behind.count(after)
    assert (count.number, count.voided, count.listed) == (-1, 1, 0)
    assert [void.number for void in count.elsewhere] == [adjustment.number]
    board = boards.board(after, order="", page=None)
    assert (board.foot.total, board.late) == (-1, -1)
