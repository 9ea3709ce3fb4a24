"""The explorer's statements are planned for what they are asked with, and nobody else's are."""

import pytest
from django.db import connection

from metering.explorer import statements

pytestmark = pytest.mark.django_db
ASKED = "SELECT current_setting('plan_cache_mode'), current_setting('jit'), %s::int"


def test_each_is_planned_for_its_values() -> None:
    assert statements.fetch(ASKED, [7]) == [("force_custom_plan", "off", 7)]


@pytest.mark.django_db(transaction=True)
def test_what_is_asked_afterwards_is_planned_as_before() -> None:
    statements.fetch(ASKED, [7])
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('plan_cache_mode')")
        assert cursor.fetchone() == ("auto",)
