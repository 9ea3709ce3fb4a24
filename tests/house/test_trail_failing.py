"""When the trail cannot be written, nothing is saved: for every action there is."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from audit import jobs, trail
from keys import actions as key_actions
from metering import actions as metering_actions
from orgs import actions as org_actions
from tests.cast import ACTOR
from tests.house.every_action import CALLS, NOT_CHANGES

BY_KEYWORD = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)


class TrailDown(Exception):
    """The trail could not be written."""


def _actions() -> set[Callable[..., Any]]:
    modules = (org_actions, key_actions, metering_actions)
    named = {getattr(module, name) for module in modules for name in module.__all__}
    return named - NOT_CHANGES | {jobs.start, jobs.cancel, jobs.forget}


def _contents() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours."""
    tables = {
        model._meta.db_table
        for name in ("orgs", "keys", "metering", "audit")
        for model in apps.get_app_config(name).get_models()
    }
    contents = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            contents[table] = cursor.fetchall()
    return contents


@pytest.mark.parametrize("action", sorted(CALLS, key=lambda action: action.__name__), ids=lambda a: a.__name__)
def test_nothing_is_saved_when_the_trail_fails(
    action: Callable[..., Any], db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = CALLS[action]()
    before = _contents()

    def fail(*args: Any, **kwargs: Any) -> None:
        raise TrailDown

    for door in ("record", "record_many"):
        monkeypatch.setattr(trail, door, fail)
    with pytest.raises(TrailDown), transaction.atomic():
        action(actor=ACTOR, **arguments)
    assert _contents() == before


@pytest.mark.parametrize("action", sorted(CALLS, key=lambda action: action.__name__), ids=lambda a: a.__name__)
def test_an_action_leaves_an_event_of_its_actor(action: Callable[..., Any], db: None) -> None:
    from audit.models import Event

    arguments = CALLS[action]()
    action(actor=ACTOR, **arguments)
    assert Event.objects.filter(actor_id=ACTOR.id, outcome="success").exists()


def test_every_action_is_tried() -> None:
    assert _actions() == set(CALLS)


def test_every_action_is_called_by_keyword_and_names_its_actor() -> None:
    for action in _actions():
        parameters = inspect.signature(action).parameters
        assert all(each.kind in BY_KEYWORD for each in parameters.values()), action.__name__
        assert parameters["actor"].default is inspect.Parameter.empty, action.__name__
