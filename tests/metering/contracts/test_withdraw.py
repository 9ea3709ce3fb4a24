"""A version of a contract that has not begun is withdrawn, and what held before it goes on as if it had never been."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from audit.models import Event
from metering import contract_withdrawals, contracts
from metering.models import Contract, ContractPrice
from orgs.models import Organization, Staff
from tests.cast import ACTOR
from tests.factories import SecretFactory, record_fixture
from tests.metering.conftest import Report, generation
from tests.metering.contracts.conftest import NOON, PRICED
from tests.metering.contracts.test_currency import _asked
from tests.metering.contracts.test_replace import _replace, _tiles

DECEMBER, DAY = datetime(2026, 12, 1, tzinfo=UTC), timedelta(days=1)
Browser = Callable[[Staff], Client]


def _withdraw(contract: Contract, *, now: datetime = NOON, **more: Any) -> Contract:
    with time_machine.travel(now, tick=False):
        asked = {"reason": "They stay as they are", "ticket": "S-2", **more}
        return contract_withdrawals.withdraw_contract(contract=contract, actor=ACTOR, now=now, **asked)


def _told(organization: Organization) -> list[tuple[str, int]]:
    return [(period.label, period.contract.number) for period in _tiles(organization)]


@pytest.mark.parametrize("at", [DECEMBER, NOON + 3 * DAY, datetime(2027, 6, 1, tzinfo=UTC)])
@pytest.mark.parametrize("terms", [PRICED, replace(PRICED, anchor_day=20, time_zone="Asia/Kathmandu")])
def test_periods_are_those_of_the_version_before_again(
    at: datetime, terms: Any, tessera: Organization, first: Contract
) -> None:
    before = _told(tessera)
    contract = _withdraw(_replace(tessera, at, terms=terms))
    first.refresh_from_db()
    assert (first.effective.upper, contract.withdrawn_at) == (None, NOON)
    assert _told(tessera)[: len(before)] == before
    assert {number for _, number in _told(tessera)} == {1}


def test_between_two_versions_the_first_goes_on_to_the_later(tessera: Organization, first: Contract) -> None:
    later = _replace(tessera, DECEMBER)
    between = _replace(tessera, NOON + 2 * DAY)
    _withdraw(between)
    first.refresh_from_db()
    assert first.effective.upper == later.effective.lower
    # No billing period is ever removed: the one that was split off stays, with its share.
    assert _told(tessera)[1:4] == [("2026-11", 1), ("2026-11-12", 1), ("2026-12", 2)]


def test_of_two_within_a_period_each_is_withdrawn(tessera: Organization, first: Contract) -> None:
    later = _replace(tessera, NOON + 4 * DAY)
    _withdraw(_replace(tessera, NOON + 2 * DAY))
    _withdraw(later)
    first.refresh_from_db()
    assert first.effective.upper is None
    # What was split stays split, and what was split off is whole again: it ends with its month.
    assert _told(tessera)[1:4] == [("2026-11", 1), ("2026-11-12", 1), ("2026-12", 1)]
    assert tessera.billing_periods.get(label="2026-11-12").span.upper == DECEMBER


def test_it_is_kept_and_another_one_may_begin_then(tessera: Organization) -> None:
    gone = _withdraw(_replace(tessera, DECEMBER))
    assert gone.prices.count() == 2
    again = _replace(tessera, DECEMBER)
    assert (again.number, tessera.contracts.covering(DECEMBER).get()) == (3, again)
    assert ("2026-12", 3) in _told(tessera)


def test_who_did_it_and_why_is_recorded(tessera: Organization) -> None:
    _withdraw(_replace(tessera, DECEMBER))
    event = Event.objects.get(verb="contract.withdrawn", organization=tessera.uid)
    assert event.sentence == "Dana Test withdrew version 2 of the contract of Tessera"
    assert event.changes == {"effective_from": ["2026-12-01", None]}
    assert (event.reason, event.ticket) == ("They stay as they are", "S-2")


def test_one_that_has_begun_is_not_withdrawn(tessera: Organization, first: Contract) -> None:
    contract = _replace(tessera, DECEMBER)
    for one, now in ((contract, DECEMBER), (first, NOON)):
        with pytest.raises(ValidationError, match="has begun"):
            _withdraw(one, now=now)
    contract.refresh_from_db()
    assert contract.withdrawn_at is None


def test_it_is_withdrawn_once(tessera: Organization) -> None:
    contract = _withdraw(_replace(tessera, DECEMBER))
    with pytest.raises(ValidationError, match="withdrawn already"):
        _withdraw(contract)


def test_the_first_one_is_corrected_instead(tessera: Organization, first: Contract) -> None:
    with pytest.raises(ValidationError, match="Nothing is agreed until version 1 begins"):
        _withdraw(first, now=first.effective.lower - DAY)


def test_what_is_counted_already_keeps_it(tessera: Organization, report: Report) -> None:
    contract = _replace(tessera, NOON + timedelta(minutes=2))
    secret = SecretFactory(key__organization=tessera)
    soon = NOON + timedelta(minutes=3)
    with time_machine.travel(NOON, tick=False):
        report(generation(secret, soon), at=soon)
    with pytest.raises(ValidationError, match="counted into its billing periods"):
        _withdraw(contract)


def test_money_in_its_own_currency_is_decided_first(tessera: Organization) -> None:
    contract = _replace(tessera, DECEMBER, terms=replace(PRICED, currency="USD"))
    _asked(contract.billing_periods.get(label="2026-12"))
    with pytest.raises(ValidationError, match="Decide it first"):
        _withdraw(contract)


def _do(organization: Organization, act: Callable[[], object]) -> None:
    with transaction.atomic():
        record_fixture(organization.uid)
        act()


def _write(contract: Contract, **fields: object) -> None:
    _do(contract.organization, lambda: Contract.objects.filter(pk=contract.pk).update(**fields))


def test_the_database_keeps_what_is_withdrawn(tessera: Organization, first: Contract) -> None:
    contract = _withdraw(_replace(tessera, DECEMBER))
    for fields in ({"withdrawn_at": None}, {"minimum_amount": 5}):
        with pytest.raises(DatabaseError, match="a withdrawn contract stays"):
            _write(contract, **fields)
    price, december = ContractPrice.objects.filter(contract=contract)[:1].get(), first.billing_periods.last()
    with pytest.raises(DatabaseError, match="a withdrawn contract stays"):
        _do(tessera, price.delete)
    assert december is not None
    december.contract = contract
    with pytest.raises(DatabaseError, match="nothing is billed on a withdrawn"):
        _do(tessera, december.save)


def test_the_database_withdraws_nothing_that_has_periods_or_has_begun(tessera: Organization) -> None:
    contract = _replace(tessera, DECEMBER)
    with pytest.raises(DatabaseError, match="without a billing period"):
        _write(contract, withdrawn_at=NOON)
    far = _replace(tessera, datetime(2030, 1, 1, tzinfo=UTC))
    with pytest.raises(IntegrityError, match="withdrawn_before_it_begins"):
        _write(far, withdrawn_at=datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def coming(her_organization: Organization) -> Contract:
    """A version of her organization's contract that begins in forty days."""
    since = timezone.now() - 40 * DAY
    contracts.open_contract(organization=her_organization, actor=ACTOR, since=since)
    at = timezone.now() + 40 * DAY
    return contracts.replace_contract(organization=her_organization, actor=ACTOR, terms=PRICED, at=at)


def test_it_is_withdrawn_on_its_page_with_a_reason(coming: Contract, administrator: Staff, browser_of: Browser) -> None:
    client, page = browser_of(administrator), f"/orgs/{coming.organization.uid}/contract/"
    address = f"{page}2/withdraw/"
    assert address in client.get(f"{page}?version=2").content.decode()
    assert "It was to hold from" in client.get(address).content.decode()
    assert client.post(address, {"reason": ""}).status_code == 422
    done = client.post(address, {"reason": "They stay as they are"}, follow=True)
    assert "Version 2 of the contract is withdrawn." in done.content.decode()
    shown = client.get(f"{page}?version=2").content.decode()
    assert "Version 2 never held" in shown
    assert address not in shown
    assert "edit/?version=2" not in shown


def test_each_that_may_be_withdrawn_is_offered_from_every_version(
    coming: Contract, administrator: Staff, viewer: Staff, browser_of: Browser
) -> None:
    page = f"/orgs/{coming.organization.uid}/contract/"
    for query in ("", "?version=1", "?version=2"):
        shown = browser_of(administrator).get(f"{page}{query}").content.decode()
        assert f'href="{page}2/withdraw/"' in shown
        assert f"{page}1/withdraw/" not in shown
        assert "withdraw/" not in browser_of(viewer).get(f"{page}{query}").content.decode()


def test_one_that_has_begun_is_not_asked_about(coming: Contract, administrator: Staff, browser_of: Browser) -> None:
    address = f"/orgs/{coming.organization.uid}/contract/1/withdraw/"
    answer = browser_of(administrator).get(address, follow=True)
    assert "Version 1 has begun" in answer.content.decode()
    assert browser_of(administrator).get(address.replace("/1/", "/9/")).status_code == 404
