"""What a validate call leaves behind for the pages: exact counts, the refusal itself, and the last use."""

from typing import Any

import pytest
from django.test import Client

from keys import tasks
from keys.models import DecisionHour, DecisionMinute, KeySecret, Refusal, SecretHour
from orgs.models import Organization, Staff
from tests.factories import RuleFactory, SecretFactory
from tests.gateway.conftest import Gateway

CALLER = {"client_ip": "203.0.113.7", "user_agent": "studio/1.2 | beta"}


def counted() -> dict[tuple[str, str], tuple[int, int]]:
    rows = DecisionHour.objects.values_list("code", "limit_name", "calls", "units")
    return {(code, limit): (calls, units) for code, limit, calls, units in rows}


def test_admitted_and_refused_calls_are_counted_exactly(calling: Gateway) -> None:
    secret = SecretFactory()
    RuleFactory(key=secret.key, name="v2-tight", limit=1, period_s=3_600, burst=2)
    codes = [calling.validate(secret, units=3, **CALLER)["code"] for _ in range(5)]
    assert codes == ["VALID"] * 2 + ["RATE_LIMITED"] * 3
    tasks.flush_uses()
    assert counted() == {("VALID", ""): (2, 6), ("RATE_LIMITED", "v2-tight"): (3, 9)}
    assert sum(DecisionMinute.objects.values_list("calls", flat=True)) == 5
    row = SecretHour.objects.get()
    assert (row.secret, row.address, row.user_agent, row.api_version) == (secret, *CALLER.values(), "v2")
    assert (row.admitted, row.refused) == (2, 3)


def test_a_failed_check_is_counted_and_kept_with_what_it_saw(calling: Gateway) -> None:
    secret = SecretFactory(key__allowed_cidrs=["10.0.0.0/8"])
    calling.validate(secret, request_id="r-1", idempotency_key="i-1", **CALLER)
    tasks.flush_uses()
    assert counted() == {("IP_NOT_ALLOWED", ""): (1, 1)}
    refusal = Refusal.objects.get()
    assert (refusal.key, refusal.request_id, refusal.idempotency_key) == (secret.key, "r-1", "i-1")
    (failed,) = [check["saw"] for check in refusal.checks if not check["passed"]]
    assert failed == "client_ip 203.0.113.7, allowed 10.0.0.0/8"


def test_a_replay_and_a_question_who_it_is_count_nothing(calling: Gateway, secret: KeySecret) -> None:
    for _ in range(3):
        calling.validate(secret, request_id="once")
    calling.validate(secret, admit=False)
    tasks.flush_uses()
    assert counted() == {("VALID", ""): (1, 1)}


def test_unknown_keys_are_kept_and_counted_for_nobody(calling: Gateway, secret: KeySecret) -> None:
    wrong = secret.text[:-1] + ("0" if secret.text[-1] != "0" else "1")  # type: ignore[attr-defined]
    answer = calling.validate(secret, credential=wrong)
    tasks.flush_uses()
    assert counted() == {}
    refusal = Refusal.objects.get()
    assert (refusal.code, refusal.decision_id) == (answer["code"], answer["decision_id"])
    assert (refusal.organization, refusal.key) == (secret.key.organization, secret.key)


@pytest.mark.parametrize("where", ["page", "sweep"])
def test_who_used_a_key_last_stands_on_its_page(
    where: str, calling: Gateway, her_organization: Organization, account_manager: Staff, browser_of: Any
) -> None:
    secret = SecretFactory(key__organization=her_organization)
    calling.validate(secret, **CALLER)
    mina: Client = browser_of(account_manager)
    if where == "page":
        mina.get(f"/keys/{secret.key.uid}/refusals/")
    else:
        tasks.flush_uses()
    page = mina.get(f"/keys/{secret.key.uid}/").content.decode()
    for text in ("203.0.113.7", "studio/1.2 | beta", "v2"):
        assert text in page
    assert "never" not in page[page.index("Secrets of this key") : page.index("What it may do")]
