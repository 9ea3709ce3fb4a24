"""Seal every digest again under the first field key of the ring."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import trail
from audit.verbs import Verb
from keys import sealing

BATCH = 1_000
# Rows that somebody held are asked for again after it.
PAUSE_S = 0.1


@dataclass
class Resealed:
    """How far a run has come. `unopened` are the public ids, by id, whose digests no key of the ring opens."""

    done: int = 0
    unopened: dict[bool, dict[int, str]] = field(default_factory=lambda: {True: {}, False: {}})
    is_recorded: bool = False

    @property
    def lost(self) -> list[str]:
        return [public_id for found in self.unopened.values() for public_id in found.values()]


def rotate_field_key(
    *,
    actor: trail.Actor,
    batch: int = BATCH,
    reason: str = "",
    ticket: str = "",
    told: Callable[[Resealed], object] = lambda so_far: None,
) -> Resealed:
    """Seal what is not under the ring's first key, batch by batch, each in a transaction of its own.

    One event, which commits with the last batch: a run that was broken off leaves none, and the next one goes on where
    it stopped. Where nothing is to be done, nothing is recorded. Safe beside everything else: no row is waited for, and
    one that changed meanwhile is left for the next round.
    """
    if sealing.has_shared_numbers():
        raise ValidationError("Two field keys of the ring have the same number. Make another first key.")

    def record(run: Resealed) -> None:
        _record(run, actor=actor, reason=reason, ticket=ticket)

    run = Resealed()
    while sealing.is_left(run.unopened):
        before = run.done, len(run.lost)
        for of_gateways, _ in sealing.TABLES:
            _table(run, of_gateways, batch=batch, record=record, told=told)
        if before == (run.done, len(run.lost)):
            time.sleep(PAUSE_S)
    return run


def _table(
    run: Resealed,
    of_gateways: bool,
    *,
    batch: int,
    record: Callable[[Resealed], None],
    told: Callable[[Resealed], object],
) -> None:
    after, has_more = 0, True
    while has_more:
        with transaction.atomic():
            found = sealing.reseal(of_gateways=of_gateways, after=after, most=batch, skip=run.unopened[of_gateways])
            run.done += found.done
            run.unopened[of_gateways].update(found.unopened)
            after, has_more = found.last, found.has_more
            is_last = not has_more and run.done and not sealing.is_left(run.unopened)
            if is_last and not run.is_recorded:
                record(run)
                run.is_recorded = True
        told(run)


def _record(run: Resealed, *, actor: trail.Actor, reason: str, ticket: str) -> None:
    number = str(sealing.number())
    trail.record(
        Verb.FIELD_KEY_ROTATED,
        actor=actor,
        target=trail.Target("field_key", number, f"field key {number}"),
        detail={"rows": run.done, "unopened": len(run.lost)},
        reason=reason,
        ticket=ticket,
    )
