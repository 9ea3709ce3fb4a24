"""Why was this refused? The pages of an organization, of a key, and of one refusal."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keys import reading, refusals, tally
from keys.models import KeySecret, Refusal
from orgs.models import Organization, Staff
from tests.factories import DecisionHourFactory, GatewayFactory, RefusalFactory, SecretFactory

HTMX = {"HX-Request": "true"}
HOUR = timedelta(hours=1)


@pytest.fixture
def mina(account_manager: Staff, browser_of: Callable[..., Client]) -> Client:
    return browser_of(account_manager)


@pytest.fixture
def secret(her_organization: Organization) -> KeySecret:
    made: KeySecret = SecretFactory(key__organization=her_organization, key__name="prod")
    return made


@pytest.fixture
def refusal(secret: KeySecret) -> Refusal:
    made: Refusal = RefusalFactory(
        key=secret.key,
        public_id=secret.public_id,
        address="203.0.113.9",
        request_id="req-77",
        idempotency_key="idem-77",
        code="IP_NOT_ALLOWED",
        checks=[
            {"code": "EXPIRED", "passed": True, "saw": "never expires"},
            {"code": "IP_NOT_ALLOWED", "passed": False, "saw": "client_ip 203.0.113.9, allowed 10.0.0.0/8"},
        ],
    )
    return made


def listed(mina: Client, organization: Organization, **query: str) -> list[Refusal]:
    answer = mina.get(f"/orgs/{organization.uid}/refusals/", query)
    assert answer.status_code == 200
    return [row for row, _ in answer.context["rows"]]


def test_a_look_up_says_that_it_is_no_call(mina: Client, secret: KeySecret) -> None:
    RefusalFactory(key=secret.key)
    path = f"/orgs/{secret.key.organization.uid}/refusals/"
    assert "looked up, not a call" not in mina.get(path).text
    looked = RefusalFactory(key=secret.key, is_look_up=True)
    assert "looked up, not a call" in mina.get(path).text
    assert "Looked up, not a call" in mina.get(f"/refusals/{looked.pk}/").text


def test_the_gateway_is_named_to_whoever_sees_gateways(
    mina: Client, secret: KeySecret, key_admin: Staff, browser_of: Callable[..., Client]
) -> None:
    gateway = GatewayFactory(name="gw-lisbon-1")
    path = f"/refusals/{RefusalFactory(key=secret.key, gateway=gateway.uid).pk}/"
    assert ("Gateway", "gw-lisbon-1") in browser_of(key_admin).get(path).context["ids"]
    assert ("Gateway", gateway.uid) in mina.get(path).context["ids"]


def test_each_refusal_opens_to_every_check_and_a_sentence_for_the_ticket(mina: Client, refusal: Refusal) -> None:
    page = mina.get(f"/refusals/{refusal.pk}/")
    said = unescape(page.content.decode())
    assert "client_ip 203.0.113.9, allowed 10.0.0.0/8" in said
    assert "Call from an allowed address, or tell us which one to add." in said
    for text in ("req-77", "idem-77", refusal.pk, f"axk_live_{refusal.public_id}"):
        assert f'data-copy="{text}"' in said
    assert "<main" in said
    part = mina.get(f"/refusals/{refusal.pk}/", headers=HTMX)
    assert "What was checked" in part.content.decode()
    assert "<main" not in part.content.decode()


@pytest.mark.parametrize(
    "of", ["request_id", "idempotency_key", "decision_id", "address", "public_id", "prefix", "key"]
)
def test_it_is_found_by_any_of_its_ids(of: str, mina: Client, refusal: Refusal, her_organization: Organization) -> None:
    RefusalFactory(key=refusal.key, address="203.0.113.10")
    prefix = f"axk_live_{refusal.public_id}"
    words = {"prefix": prefix, "key": refusal.key.uid}.get(of) or getattr(refusal, of)
    found = listed(mina, her_organization, q=words)
    assert refusal in found
    assert len(found) == (2 if of == "key" else 1)


def test_a_whole_key_in_the_search_is_cut_to_its_prefix(mina: Client, refusal: Refusal, secret: KeySecret) -> None:
    path = f"/keys/{secret.key.uid}/refusals/"
    answer = mina.get(path, {"q": secret.text})  # type: ignore[attr-defined]
    assert answer.status_code == 302
    assert secret.text not in answer["Location"]  # type: ignore[attr-defined]
    assert [row for row, _ in mina.get(answer["Location"]).context["rows"]] == [refusal]


def test_code_and_range_narrow_the_list(mina: Client, refusal: Refusal, her_organization: Organization) -> None:
    old = RefusalFactory(key=refusal.key, at=timezone.now() - 50 * HOUR)
    assert listed(mina, her_organization) == [refusal]
    assert listed(mina, her_organization, range="3d") == [refusal, old]
    assert listed(mina, her_organization, range="3d", code="PAUSED") == [old]
    assert listed(mina, her_organization, code="NOTHING") == []
    # Who looks for one call looks through all that is kept.
    assert listed(mina, her_organization, q=old.pk) == [old]


def test_what_is_older_than_seven_days_is_not_shown_even_before_the_sweep(
    mina: Client, refusal: Refusal, her_organization: Organization
) -> None:
    RefusalFactory(key=refusal.key, at=timezone.now() - timedelta(days=7, minutes=1))
    assert listed(mina, her_organization, range="13mo") == [refusal]


def test_pages_stay_where_they_are_when_new_refusals_arrive(
    mina: Client, her_organization: Organization, secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PER_PAGE", 2)
    now = timezone.now()
    # Two of them at the very same instant.
    ages = [3, 2, 2, 1, 0]
    rows = [RefusalFactory(key=secret.key, at=now - age * HOUR, decision_id=str(n)) for n, age in enumerate(ages)]
    path = f"/orgs/{her_organization.uid}/refusals/"
    first = mina.get(path)
    assert [row.pk for row, _ in first.context["rows"]] == ["4", "3"]
    RefusalFactory(key=secret.key)
    second = mina.get(path + first.context["older"])
    assert [row.pk for row, _ in second.context["rows"]] == ["2", "1"]
    third = mina.get(path + second.context["older"])
    assert [row.pk for row, _ in third.context["rows"]] == ["0"]
    assert third.context["older"] == ""
    back = mina.get(path + third.context["newer"])
    assert [row.pk for row, _ in back.context["rows"]] == ["2", "1"]
    assert len(rows) == 5


@pytest.mark.parametrize("place", ["nonsense", "f" * 15 + ".x", "0.", "1.\x00"])
def test_a_place_that_is_none_is_the_beginning(
    place: str, mina: Client, refusal: Refusal, her_organization: Organization
) -> None:
    answer = mina.get(f"/orgs/{her_organization.uid}/refusals/", {"before": place})
    assert answer.status_code == 200


def test_unknown_keys_that_named_the_organization_stand_on_its_page(
    mina: Client, her_organization: Organization
) -> None:
    unknown = RefusalFactory(key=None, organization=her_organization, code="NOT_FOUND", public_id="Unknown00001")
    assert listed(mina, her_organization) == [unknown]
    said = mina.get(f"/refusals/{unknown.pk}/").content.decode()
    assert "No key of this organization has this prefix." in said


def test_a_wrong_secret_of_a_known_key_is_told_so(mina: Client, secret: KeySecret) -> None:
    wrong = RefusalFactory(key=secret.key, code="NOT_FOUND", public_id=secret.public_id)
    assert "This organization has a key with this prefix." in mina.get(f"/refusals/{wrong.pk}/").content.decode()


def test_a_refusal_of_a_second_ago_is_there_without_a_sweep(
    mina: Client, her_organization: Organization, unknown: Callable[..., None], valkey: Any, secret: KeySecret
) -> None:
    now = timezone.now()
    unknown(her_organization.uid, at=now, number=9)
    field = f"{int(now.timestamp()) // 60}|{secret.public_id}|v2|PAUSED|||"
    valkey.hincrby(tally.name(her_organization.pk), field, 3 * (2**26 + 1))
    answer = mina.get(f"/orgs/{her_organization.uid}/refusals/")
    assert [row.pk for row, _ in answer.context["rows"]] == [f"{9:032x}"]
    assert answer.context["found"].refused == 3
    assert valkey.xlen(refusals.stream_of(None)) == 0


def test_the_history_beside_it_is_exact_by_hour_and_code(
    mina: Client, her_organization: Organization, secret: KeySecret
) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    of = {"key": secret.key}
    DecisionHourFactory(**of, hour=hour, calls=100)
    DecisionHourFactory(**of, hour=hour, calls=7, code="RATE_LIMITED", limit_name="v2-minute")
    DecisionHourFactory(**of, hour=hour - HOUR, calls=2, code="PAUSED")
    DecisionHourFactory(**of, hour=hour - 24 * HOUR, calls=9, code="PAUSED")
    DecisionHourFactory(hour=hour, calls=1_000)
    answer = mina.get(f"/keys/{secret.key.uid}/refusals/")
    found = answer.context["found"]
    assert (found.admitted, found.refused) == (100, 9)
    assert [(one.code, one.limit, one.calls) for one in found.refusals] == [
        ("RATE_LIMITED", "v2-minute", 7),
        ("PAUSED", "", 2),
    ]
    assert [series["label"] for series in found.chart["series"]] == ["Admitted", "RATE_LIMITED", "PAUSED"]
    assert [point["v"] for point in found.chart["points"][-2:]] == [[0, 0, 2], [100, 7, 0]]
    assert len(found.chart["points"]) == 24


@pytest.mark.parametrize(("range", "slots"), [("24h", 24), ("3d", 72), ("7d", 84), ("30d", 30), ("13mo", 13)])
def test_every_range_counts_what_is_in_it(
    range: str, slots: int, mina: Client, her_organization: Organization, secret: KeySecret
) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    DecisionHourFactory(key=secret.key, hour=hour)
    DecisionHourFactory(key=secret.key, hour=hour - timedelta(days=410))
    found = mina.get(f"/orgs/{her_organization.uid}/refusals/", {"range": range}).context["found"]
    assert (len(found.chart["points"]), found.admitted) == (slots, 10)
    assert found.chart["points"][-1]["v"] == [10]


def test_many_codes_are_drawn_as_others_and_none_is_lost(mina: Client, secret: KeySecret) -> None:
    for n, code in enumerate(["PAUSED", "EXPIRED", "REVOKED", "ORG_MISMATCH", "IP_NOT_ALLOWED", "RATE_LIMITED"]):
        DecisionHourFactory(key=secret.key, code=code, calls=10 - n)
    found = mina.get(f"/keys/{secret.key.uid}/refusals/").context["found"]
    assert [series["label"] for series in found.chart["series"]][-1] == "Other codes"
    assert found.chart["points"][-1]["v"] == [0, 10, 9, 8, 7, 11]


def test_what_is_another_organizations_does_not_exist(
    mina: Client, other_organization: Organization, her_organization: Organization
) -> None:
    refusal = RefusalFactory(key__organization=other_organization)
    nobodys = RefusalFactory(key=None, organization=None)
    for path in (f"/refusals/{refusal.pk}/", f"/refusals/{nobodys.pk}/", f"/orgs/{other_organization.uid}/refusals/"):
        assert mina.get(path).status_code == 404
    assert listed(mina, her_organization, q=refusal.pk) == []


def test_text_from_callers_is_shown_as_text(mina: Client, secret: KeySecret) -> None:
    attack = '"><script>alert(1)</script>'
    refusal = RefusalFactory(
        key=secret.key,
        request_id=attack,
        user_agent=attack,
        checks=[{"code": "PAUSED", "passed": False, "saw": attack}],
    )
    for path in (f"/refusals/{refusal.pk}/", f"/keys/{secret.key.uid}/refusals/"):
        assert "<script>alert" not in mina.get(path).content.decode()


def test_the_page_takes_a_fixed_number_of_statements(mina: Client, secret: KeySecret) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            mina.get(f"/keys/{secret.key.uid}/refusals/")
        return len(captured)

    RefusalFactory(key=secret.key)
    statements()
    before = statements()
    for _ in range(20):
        RefusalFactory(key=secret.key)
    assert statements() == before
