"""conflict: the same id with other billing fields; the first write stands."""

from typing import Any

import pytest

from keys.models import KeySecret
from metering.models import Generation
from tests.factories import SecretFactory
from tests.gateway.generations.conftest import Report, generation


@pytest.mark.parametrize("changed", [{"units": 2}, {"outcome": "failed"}, {"api_version": "v1"}], ids=str)
def test_the_fields_that_differ_are_named(report: Report, secret: KeySecret, changed: dict[str, Any]) -> None:
    item = generation(secret)
    report(item)
    (result,) = report({**item, **changed})
    assert (result["status"], result["code"], result["fields"]) == ("conflict", "payload_mismatch", list(changed))
    assert Generation.objects.get().units == 1


def test_another_organization_cannot_take_an_id_over(report: Report, secret: KeySecret) -> None:
    item, other = generation(secret), SecretFactory()
    report(item)
    (result,) = report({**item, "organization": other.key.organization.uid, "key": other.public_id})
    assert (result["status"], result["code"]) == ("conflict", "other_organization")
    assert Generation.objects.get().organization_id == secret.key.organization.pk
