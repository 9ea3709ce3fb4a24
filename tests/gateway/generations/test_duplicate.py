"""duplicate: the same id with the same billing fields, counted once."""

from keys.models import KeySecret
from metering.models import UsageHour
from tests.gateway.generations.conftest import Report, generation, stored


def test_a_batch_sent_again_counts_once(report: Report, secret: KeySecret) -> None:
    items = [generation(secret) for _ in range(3)]
    first, second = report(*items), report(*items)
    assert [one["status"] for one in first + second] == ["accepted"] * 3 + ["duplicate"] * 3
    assert [one["code"] for one in second] == [None] * 3
    assert stored() == (3, 0)
    assert sum(UsageHour.objects.values_list("generations", flat=True)) == 3


def test_the_same_id_twice_in_one_batch_counts_once(report: Report, secret: KeySecret) -> None:
    item = generation(secret)
    assert [one["status"] for one in report(item, item)] == ["accepted", "duplicate"]
    assert stored() == (1, 0)


def test_fields_that_are_not_billed_may_differ(report: Report, secret: KeySecret) -> None:
    item = generation(secret, duration_ms=8_400)
    report(item)
    assert report({**item, "duration_ms": 9_000, "resolution": "4K"})[0]["status"] == "duplicate"


def test_another_source_may_report_it_too(report: Report, secret: KeySecret) -> None:
    item = generation(secret)
    assert [report(item, source=one)[0]["status"] for one in ("gw-eu-1", "gw-us-1")] == ["accepted", "duplicate"]
