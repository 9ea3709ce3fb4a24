"""?dry_run=true answers the same and stores nothing."""

import pytest

from keys.models import KeySecret
from tests.gateway.conftest import Gateway
from tests.gateway.generations.conftest import Report, generation, stored


def test_a_dry_run_answers_the_same_and_stores_nothing(report: Report, secret: KeySecret) -> None:
    item = generation(secret)
    items = [item, item, {**item, "units": 2}, {**generation(secret), "units": 0}, "no object"]
    foreseen = report(*items, dry_run=True)
    assert stored() == (0, 0)
    done = report(*items)
    assert [(one["status"], one["code"], one["fields"], one["period"]) for one in foreseen] == [
        (one["status"], one["code"], one["fields"], one["period"]) for one in done
    ]
    assert stored() == (1, 3)


@pytest.mark.parametrize("wish", ["1", "True", "yes", ""])
def test_a_misspelt_wish_to_store_nothing_stores_nothing(calling: Gateway, secret: KeySecret, wish: str) -> None:
    batch = {"source": "gw", "generations": [generation(secret)]}
    response = calling.post(f"generations?dry_run={wish}", batch)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["dry_run"]
    assert stored() == (0, 0)


def test_false_stores(calling: Gateway, secret: KeySecret) -> None:
    calling.post("generations?dry_run=false", {"source": "gw", "generations": [generation(secret)]})
    assert stored() == (1, 0)
