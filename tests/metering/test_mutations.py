"""A second report of an id never alters the first one, whatever it says."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from keys.models import KeySecret
from metering.entries import BILLING_FIELDS
from metering.items import CHECKS
from metering.models import Generation, UsageDay, UsageHour
from metering.results import rfc3339
from tests.metering.conftest import Report, generation

OTHER: dict[str, Any] = {
    "api_version": "v1",
    "outcome": "failed",
    "units": 2,
    "duration_ms": 1,
    "resolution": "4K",
    "aspect_ratio": "1:1",
    "request_id": "another",
    "idempotency_key": "another",
    "lease": "another",
    "service_tier": "shared",
    "failure_cause": "engine",
    "stages": {"render": 1},
}


def _stored() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Generation, UsageDay, UsageHour)]


@pytest.mark.parametrize("field", sorted(set(CHECKS) - {"generation_id"}))
def test_a_change_of_one_field_conflicts_where_it_is_billed_by_and_alters_nothing(
    field: str, live: KeySecret, sandbox: KeySecret, hers: KeySecret, now: datetime, report: Report
) -> None:
    said = generation(live, now, idempotency_key="shot-12")
    others = {
        "organization": {"organization": hers.key.organization.uid, "key": hers.public_id},
        "key": {"key": sandbox.public_id},
        "occurred_at": {"occurred_at": rfc3339(now - timedelta(milliseconds=1))},
    }
    report(said)
    before = _stored()
    (told,) = report({**said, **others.get(field, {field: OTHER.get(field)})})
    assert _stored() == before
    if field in BILLING_FIELDS:
        assert (told["status"], field in told["fields"]) == ("conflict", True)
    else:
        assert (told["status"], told["code"], told["fields"]) == ("duplicate", None, [])
