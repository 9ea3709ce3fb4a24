"""Who and what the log speaks of, for filters: each actor and organization once, under its newest name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from audit.conditions import joined
from audit.scope import Scope

MOST = 2_000
# How far back an organization's, or a verb's, events are looked at for who acted.
LOOKED_AT = 500
# One look into the index for each name, however many events it has.
STEPS = """
WITH RECURSIVE seen(id) AS (
    (SELECT {column} FROM audit_event WHERE {column} > '' ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM audit_event WHERE {column} > seen.id ORDER BY {column} LIMIT 1)
    FROM seen WHERE seen.id IS NOT NULL
), listed AS (SELECT id FROM seen WHERE id IS NOT NULL LIMIT %s)
SELECT listed.id, newest.label FROM listed CROSS JOIN LATERAL (
    SELECT {label} AS label, occurred_at FROM audit_event WHERE {column} = listed.id
    ORDER BY occurred_at DESC, id DESC LIMIT 1
) AS newest ORDER BY newest.occurred_at DESC
"""
# For whoever searches a part of the log: who acted in the newest events of each organization, or else of each verb.
WITHIN = """
SELECT actor_id, actor_label FROM (
    SELECT DISTINCT ON (actor_id) actor_id, actor_label, occurred_at
    FROM unnest(%s::text[]) AS asked(part) CROSS JOIN LATERAL (
        SELECT actor_id, actor_label, occurred_at, id FROM audit_event WHERE {column} = asked.part AND {besides}
        ORDER BY occurred_at DESC, id DESC LIMIT %s
    ) AS newest WHERE actor_id > '' ORDER BY actor_id, occurred_at DESC, id DESC
) AS seen ORDER BY occurred_at DESC LIMIT %s
"""
LISTED = """
SELECT asked.id, newest.label FROM unnest(%s::text[]) AS asked(id) CROSS JOIN LATERAL (
    SELECT organization_label AS label, occurred_at FROM audit_event WHERE organization = asked.id
    ORDER BY occurred_at DESC, id DESC LIMIT 1
) AS newest ORDER BY newest.occurred_at DESC
"""


@dataclass(frozen=True)
class Name:
    """A public id and what it is called."""

    id: str
    label: str


def actors(scope: Scope) -> list[Name]:
    """Everybody who acted in the scope, the latest first; of a part of the log, as far as its newest events tell."""
    if scope.organizations is not None:
        return _within("organization", scope.organizations, scope)
    if scope.verbs is None:
        return _asked(STEPS.format(column="actor_id", label="actor_label"), [MOST])
    some = scope.whole.union(*(organizations for _, organizations in scope.parts))
    found = [*_within("verb", scope.verbs, scope), *_within("organization", some, scope)]
    return list({name.id: name for name in reversed(found)}.values())[::-1]


def organizations(scope: Scope) -> list[Name]:
    """The organizations in scope that something happened to, the latest first."""
    if scope.organizations is not None:
        return _asked(LISTED, [sorted(scope.organizations)])
    return _asked(STEPS.format(column="organization", label="organization_label"), [MOST])


def matching(text: str, names: Iterable[Name]) -> list[Name]:
    """Who is meant: the one with this id or label, or else all whose id or label holds the text."""
    wanted, listed = text.casefold(), list(names)
    exact = [name for name in listed if wanted in (name.id.casefold(), name.label.casefold())]
    return exact or [name for name in listed if wanted in name.id.casefold() or wanted in name.label.casefold()]


def _within(column: str, parts: Iterable[str], scope: Scope) -> list[Name]:
    besides = joined(scope.conditions())
    sql = WITHIN.format(column=column, besides=besides.sql)
    return _asked(sql, [sorted(parts), *besides.values, LOOKED_AT, MOST])


def _asked(sql: str, values: Sequence[Any]) -> list[Name]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Name(*row) for row in cursor.fetchall()]
