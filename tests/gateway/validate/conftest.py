"""Whatever is said about validate holds at both of its doors."""

import pytest


@pytest.fixture(autouse=True)
def through_both_doors(door: str) -> None:
    """See tests/gateway/conftest.py."""
