from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from axis_admin.ui import words
from tests.ui.conftest import drawn

NOW = datetime(2026, 11, 24, 14, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(), "now"),
        (timedelta(seconds=-4), "4 s ago"),
        (timedelta(seconds=-59), "59 s ago"),
        (timedelta(minutes=-26), "26 min ago"),
        (timedelta(hours=-9, minutes=-40), "9 h ago"),
        (timedelta(days=-1, hours=-3), "27 h ago"),
        (timedelta(days=-3), "3 days ago"),
        (timedelta(days=-94), "94 days ago"),
        (timedelta(days=-150), "5 months ago"),
        (timedelta(days=-800), "2 years ago"),
        (timedelta(hours=2, minutes=14), "in 2 h 14 min"),
        (timedelta(hours=2), "in 2 h"),
        (timedelta(days=19), "in 19 days"),
    ],
)
def test_a_time_is_told_as_seen_from_now(away, said):
    assert words.ago_text(NOW + away, NOW) == said


def test_what_never_happened_is_never():
    assert words.ago_text(None) == "never"
    assert drawn("{{ at|ago }}, {{ at|clock }}", at=None) == "never, never"


def test_the_clock_names_its_zone():
    assert words.clock_text(NOW) == "24 Nov 2026, 14:06 UTC"
    assert words.clock_text(NOW, "Europe/Berlin") == "24 Nov 2026, 15:06 CET"


def test_another_clock_that_shows_the_same_is_not_told():
    assert words.clock_elsewhere(NOW, "Europe/London") == ""
    assert ">24 Nov 2026, 15:06 CET<" in words.clock_elsewhere(NOW, "Europe/Berlin")


def test_a_zone_without_letters_is_told_by_its_place():
    assert words.clock_text(NOW, "America/Sao_Paulo") == "24 Nov 2026, 11:06 America/Sao_Paulo"


def test_ago_keeps_the_clock_for_machines_and_on_hover():
    html = drawn("{{ at|ago }}", at=NOW)
    assert 'datetime="2026-11-24T14:06:00+00:00"' in html
    assert 'title="24 Nov 2026, 14:06 UTC"' in html


@pytest.mark.parametrize(
    ("value", "said"), [(1318406, "1,318,406"), (-190, "−190"), (0, "0"), (None, "–"), (Decimal("-1234"), "−1,234")]
)
def test_numbers_are_grouped_and_minus_is_no_hyphen(value, said):
    assert words.grouped(value) == said


def test_grouped_keeps_digits_where_asked():
    assert drawn("{{ amount|grouped:2 }}", amount=Decimal("-68.4")) == "−68.40"


@pytest.mark.parametrize(
    ("value", "said"), [(940, "940"), (25_000, "25k"), (1_318_406, "1.32M"), (2_000_000, "2M"), (0, "0")]
)
def test_axis_numbers_are_short(value, said):
    assert words.short(value) == said


def test_a_share_of_nothing_is_no_share():
    assert drawn("{% share 5537 1318406 %} {% share 5 0 %} {% share 1 3 digits=0 %}") == "0.42% – 33%"


def test_changes_carry_their_sign():
    assert drawn("{% change 110 100 %} {% change 97 100 %} {% change 1 0 %}") == "+10.0% −3.0% –"


def test_days_in_three_forms():
    day = date(2026, 11, 4)
    assert drawn('{{ d|day }}|{{ d|day:"short" }}|{{ d|day:"long" }}', d=day) == "4 Nov 2026|4 Nov|Wed 4 Nov 2026"
