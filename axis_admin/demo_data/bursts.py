"""The minutes in which a studio asked faster than its own limit lets it: what passed in them, and what was refused."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from axis_admin.demo_data.credentials import Held
from axis_admin.demo_data.limits import V2
from axis_admin.demo_data.traffic import SEED
from keys.limits.rules import LimitRule
from keys.models import DecisionHour
from keys.verdicts import Code

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# So many of the hours that have calls enough for it.
OFTEN = 0.2
FEWEST, MOST = 2, 9

Rules = Mapping[int | None, Sequence[LimitRule]]


class Burst(NamedTuple):
    """Calls of one minute, as fast as a script sends them: the limit's burst and what it earned passed, no more."""

    held: Held
    rule: LimitRule
    minute: datetime
    admitted: int
    refused: int


def of(held: Sequence[Held], *, since: datetime, until: datetime) -> list[Burst]:
    """Return those of whole hours between two times, out of the admitted calls that are counted."""
    rules = _rules()
    by_key: dict[int | None, Held] = {one.key.pk: one for one in held}
    rows = DecisionHour.objects.filter(organization__in=rules, api_version=V2.api_version, code=Code.VALID)
    busy = rows.filter(hour__gte=since, hour__lt=until - HOUR).order_by("hour", "key_id")
    return list(_drawn(busy.values_list("organization_id", "key_id", "hour", "calls"), by_key, rules))


def _drawn(
    rows: Iterable[tuple[int, int | None, datetime, int]], by_key: Mapping[int | None, Held], rules: Rules
) -> Iterator[Burst]:
    chance = Random(f"{SEED}/bursts")  # noqa: S311 (invented, the same each time)
    for organization, key, hour, calls in rows:
        rule = next(
            (one for one in rules[organization] if hour in one.effective and hour + HOUR in one.effective), None
        )
        if rule is None or rule.burst is None or calls < rule.burst or chance.random() >= OFTEN:
            continue
        admitted = chance.randint(rule.burst, min(calls, rule.limit))
        minute = hour + chance.randrange(60) * MINUTE
        yield Burst(by_key[key], rule, minute, admitted, chance.randint(FEWEST, MOST))


def _rules() -> Rules:
    """The rates of v2 that were set for studios, by organization."""
    found: dict[int | None, list[LimitRule]] = {}
    for rule in LimitRule.objects.filter(organization__isnull=False, effective__isempty=False).about(V2):
        found.setdefault(rule.organization_id, []).append(rule)
    return found
