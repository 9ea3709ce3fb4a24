"""What a price is for is said by what stands beside it; what stands in a card is told apart without its looks."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import time_machine
from django.urls import reverse

from metering import term_words
from metering.rating import Price, Tier
from orgs.models import Organization, Staff
from tests.metering.contracts.conftest import NOON, PRICED

V1 = Price("v1 generations", "v1", (), (Tier(None, Decimal("0.02")),))


def test_a_version_with_one_line_has_it_for_any_resolution() -> None:
    said = [covers for _, covers, _ in term_words.price_list(replace(PRICED, prices=(*PRICED.prices, V1)))]
    assert said == ["v2 at 4K", "v2 at any other resolution", "v1 at any resolution"]


def test_a_periods_time_and_its_version_are_parted(tessera: Organization, viewer: Staff, browser_of: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        page = browser_of(viewer).get(reverse("metering:contract", args=[tessera.uid])).text
    assert not re.search(r"UTC(<br>)?(<[^/][^>]*>)?version", page)
    assert "<dt>Version 1, open</dt>" in page
