"""What GET changes tells, in commit order and without holes."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from orgs.models import Change, ChangeHead, Organization
from tests.gateway.changes.conftest import Reader, announced, announced_ago, forget


def test_without_after_it_tells_the_head_and_no_changes(reader: Reader, studio: Organization) -> None:
    head = announced(studio)
    assert reader.read() == {"changes": [], "next": head, "has_more": False}


def test_an_empty_feed_begins_at_nothing(reader: Reader) -> None:
    nothing = {"changes": [], "next": 0, "has_more": False}
    assert reader.read() == reader.read(after=0) == nothing


def test_a_change_is_told_with_what_a_cache_must_know(reader: Reader, studio: Organization) -> None:
    before = reader.read()["next"]
    seq = announced(studio)
    told = reader.read(after=before)
    at = Change.objects.get(seq=seq).at
    (change,) = told["changes"]
    assert datetime.fromisoformat(change.pop("at")) == at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert change == {
        "seq": seq,
        "kind": "key.revoked",
        "organization": studio.uid,
        "public_ids": ["8f3KQ2mZr01B"],
        "version": Organization.objects.get(pk=studio.pk).version,
    }
    assert (told["next"], told["has_more"]) == (seq, False)


def test_pages_follow_each_other_without_a_hole(reader: Reader, studio: Organization) -> None:
    after = reader.read()["next"]
    numbers = [announced(studio, "key.changed") for _ in range(5)]
    told: list[int] = []
    more = True
    while more:
        page = reader.read(after=after, limit=2)
        assert len(page["changes"]) <= 2
        told += [change["seq"] for change in page["changes"]]
        after, more = page["next"], page["has_more"]
    assert told == numbers == list(range(numbers[0], numbers[0] + 5))


def test_at_the_head_there_is_nothing_more(reader: Reader, studio: Organization) -> None:
    head = announced(studio)
    assert reader.read(after=head) == {"changes": [], "next": head, "has_more": False}


def test_a_full_last_page_says_that_it_is_the_last(reader: Reader, studio: Organization) -> None:
    after = reader.read()["next"]
    announced(studio), announced(studio)
    assert reader.read(after=after, limit=2)["has_more"] is False


def test_above_the_head_is_the_gateways_mistake(reader: Reader, studio: Organization) -> None:
    response = reader.ask(after=announced(studio) + 1)
    assert response.status_code == 400
    assert [one["field"] for one in response.json()["errors"]] == ["after"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"after": "-1"}, "after"),
        ({"after": "1.0"}, "after"),
        ({"after": "٣"}, "after"),
        ({"after": ""}, "after"),
        ({"after": str(2**63)}, "after"),
        ({"after": "9" * 400}, "after"),
        ({"after": ["0", "0"]}, "after"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"after": "0", "source": ""}, "source"),
        ({"after": "0", "source": " \u200d"}, "source"),
        ({"after": "0", "source": "x" * 65}, "source"),
        ({"after": "0", "source": "a\nb"}, "source"),
        ({"after": "0", "source": "a\x00b"}, "source"),
    ],
)
def test_what_is_not_as_the_contract_says_is_named(reader: Reader, query: dict[str, Any], field: str) -> None:
    response = reader.ask(**query)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert field in [one["field"] for one in response.json()["errors"]]


def test_a_credential_is_no_source(reader: Reader) -> None:
    response = reader.ask(after=0, source=reader.text)
    assert response.status_code == 400
    assert reader.text not in response.content.decode()


def test_every_fault_is_named_at_once(reader: Reader) -> None:
    response = reader.ask(after="x", limit="y", source="")
    assert [one["field"] for one in response.json()["errors"]] == ["after", "limit", "source"]


def test_unknown_names_are_ignored(reader: Reader, studio: Organization) -> None:
    assert reader.read(after=announced(studio), since="yesterday")["changes"] == []


def test_a_thousand_at_once_are_told(reader: Reader, studio: Organization) -> None:
    assert reader.ask(after=announced(studio), limit=1000).status_code == 200


def test_it_takes_the_scope(db: None) -> None:
    reader = Reader(scopes=["keys:validate", "usage:write"])
    response = reader.ask()
    assert response.status_code == 403
    assert "changes:read" in response["WWW-Authenticate"]


def test_without_a_credential_nothing_is_told(reader: Reader) -> None:
    reader.text = "axg_nobody"
    assert reader.ask().status_code == 401


def test_only_reading_is_known(reader: Reader) -> None:
    response = reader.post("changes", {})
    assert (response.status_code, response["Allow"]) == (405, "GET")


def test_what_was_forgotten_is_a_410_with_the_head(reader: Reader, studio: Organization) -> None:
    first, second, last = announced_ago(studio, days=9), announced_ago(studio, days=8), announced(studio)
    assert forget() == 2
    for after in (0, first - 1, first):
        response = reader.ask(after=after)
        assert (response.status_code, response["X-Axis-Latest-Seq"]) == (410, str(last))
        assert response.json()["type"] == "urn:axis:problem:forgotten"
    # What follows the last forgotten one is all there.
    assert [one["seq"] for one in reader.read(after=second)["changes"]] == [last]


def test_the_newest_change_is_never_forgotten(reader: Reader, studio: Organization) -> None:
    before, head = announced_ago(studio, days=401), announced_ago(studio, days=400)
    forget()
    assert reader.read(after=head)["changes"] == []
    assert [one["seq"] for one in reader.read(after=before)["changes"]] == [head]


def test_what_is_younger_than_a_week_is_kept(reader: Reader, studio: Organization) -> None:
    kept = [announced_ago(studio, days=6), announced(studio)]
    assert forget() == 0
    assert [one["seq"] for one in reader.read(after=kept[0] - 1)["changes"]] == kept


def test_a_feed_of_which_nothing_is_left_knows_its_head(reader: Reader) -> None:
    ChangeHead.objects.create(seq=7)
    assert reader.read(after=7) == {"changes": [], "next": 7, "has_more": False}
    assert reader.ask(after=6)["X-Axis-Latest-Seq"] == "7"


def test_an_expired_gateway_reads_nothing(db: None) -> None:
    reader = Reader(expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    with time_machine.travel(datetime(2026, 6, 1, tzinfo=UTC)):
        assert reader.ask().status_code == 401
