"""Whose counters are told of reports: those that count a window, or are being summed up just now. Nobody else's."""

import pytest

from keys.limits import settling, store, windows
from tests.gateway.quotas.conftest import Customer


def _concerned(customer: Customer) -> set[int]:
    return settling.concerned(store.current(), {customer.organization.pk, 0})


def test_who_counts_no_window_is_not_told(customer: Customer) -> None:
    customer.admit("a")
    assert _concerned(customer) == set()


def test_who_counts_a_window_is_told(customer: Customer) -> None:
    customer.limit()
    customer.admit("a")
    assert _concerned(customer) == {customer.organization.pk}


def test_who_is_being_summed_up_is_told(customer: Customer) -> None:
    windows.begin(store.current(), [customer.organization.pk])
    assert _concerned(customer) == {customer.organization.pk}


def test_a_lease_is_ended_whoever_counts(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[settling.Report] = []
    monkeypatch.setattr(settling, "settle", lambda counters, reports, **_: told.extend(reports))
    customer.report(customer.generation("a"), customer.generation("b", lease="of-another-kind"))
    assert [one.lease for one in told] == ["of-another-kind"]


def test_many_are_asked_about_in_parts(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keys.limits.scripts.AT_ONCE", 1)
    windows.begin(store.current(), [customer.organization.pk])
    assert _concerned(customer) == {customer.organization.pk}
