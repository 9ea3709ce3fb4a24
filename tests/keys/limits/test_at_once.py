"""Two people who save limits at the same moment do not overwrite each other unseen."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from keys import actions
from keys.limits import seen
from keys.limits.rules import LimitRule
from orgs.models import Organization
from tests.factories import OrganizationFactory
from tests.keys.limits.setting import WHY, events, rate

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 4


def _save_at_once(studio: Organization, mark: str | None) -> list[str]:
    """Let so many people press the button together; returns what each was told, "" for done."""
    together = Barrier(WRITERS)

    def save(number: int) -> str:
        together.wait()
        try:
            actions.set_limits(organization=studio, changes=[rate(900 + number)], seen=mark, **WHY)
        except ValidationError as error:
            return str(error.code)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(WRITERS) as people:
        return list(people.map(save, range(WRITERS)))


def test_one_of_those_who_saw_the_same_page_saves_and_the_others_are_told() -> None:
    studio = OrganizationFactory()
    told = _save_at_once(studio, seen.of(studio, at=timezone.now()))
    assert sorted(told) == ["", *["stale"] * (WRITERS - 1)]
    assert len(events("limit.set")) == 1


def test_those_who_do_not_look_follow_each_other_and_one_rule_holds() -> None:
    studio = OrganizationFactory()
    assert _save_at_once(studio, None) == [""] * WRITERS
    assert LimitRule.objects.filter(organization=studio).at(timezone.now()).count() == 1
    chain = [event.changes["limit"] for event in events("limit.set")]
    assert [before for before, _ in chain[1:]] == [after for _, after in chain[:-1]]
