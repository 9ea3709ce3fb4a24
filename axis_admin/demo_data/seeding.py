"""The whole of the demo data: all of it, or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max, Min

from audit import trail
from audit.verbs import Verb
from axis_admin.demo_data import (
    ageing,
    agreements,
    billing,
    credentials,
    customers,
    cutovers,
    decisions,
    limits,
    minutes,
    people,
    pools,
    traffic,
)
from axis_admin.demo_data.credentials import Held
from axis_admin.demo_data.pools import Booked
from keys.models import GatewayCredential, SecretUse
from metering import history, sla_sweep
from metering.models import Generation
from orgs.models import CapacityPool, Organization

REASON = (
    "Invented data. Dates of organizations, pilots, keys and gateway credentials are set back to fit 13 months of use."
)


class Made(NamedTuple):
    """How much was made."""

    organizations: int
    keys: int
    generations: int


@transaction.atomic
def seed(*, actor: trail.Actor, now: datetime) -> Made:
    """Make staff, organizations, keys, gateway credentials, and what the keys have generated until now."""
    staff = people.hire(actor=actor)
    organizations = customers.sign_up(staff, actor=actor, now=now)
    agreements.sign(organizations, actor=actor, now=now)
    held = credentials.issue(organizations, actor=actor, now=now)
    credentials.open_gateways(actor=actor, now=now)
    booked = pools.book(organizations, actor=actor, now=now)
    customers.settle(organizations, actor=actor)
    history.write(traffic.of(held, now=now), source=billing.SOURCE)
    _note_uses(held)
    limits.settle(list(organizations.values()), actor=actor, now=now)
    minutes.note(decisions.note(held, now=now), now=now)
    cutovers.count(held, now=now)
    sla_sweep.run(now=now)
    made = Made(len(organizations), len(held), Generation.objects.count())
    _record(made, organizations, held, booked, actor=actor)
    ageing.set_back(held, now=now)
    cutovers.dated(held, now=now)
    pools.set_back(booked, now=now)
    pools.run(booked, now=now)
    # After everything that costs something has its date.
    billing.settle(staff, organizations, held, actor=actor, now=now)
    return made._replace(generations=Generation.objects.count())


def _note_uses(held: Sequence[Held]) -> None:
    """Say of each secret what the ledger says of its key."""
    times = Generation.objects.order_by().values_list("key_id").annotate(Min("occurred_at"), Max("occurred_at"))
    used = {key_id: (first, last) for key_id, first, last in times}
    SecretUse.objects.bulk_create(
        SecretUse(
            secret=one.first_secret,
            first_used_at=used[one.key.pk][0],
            last_used_at=used[one.key.pk][1],
            address=one.sketch.address,
            user_agent=one.sketch.agent,
            api_version=one.sketch.versions[-1],
        )
        for one in held
        if one.key.pk in used
    )


def _record(
    made: Made,
    organizations: Mapping[str, Organization],
    held: Sequence[Held],
    booked: Sequence[Booked],
    *,
    actor: trail.Actor,
) -> None:
    """One event that names everything, so that its dates may be set back in this transaction."""
    named = [organization.target for organization in organizations.values()]
    named += [one.key.target for one in held]
    named += [credential.target for credential in GatewayCredential.objects.all()]
    named += [one.reservation.target for one in booked] + [pool.target for pool in CapacityPool.objects.all()]
    trail.record(
        Verb.DEMO_SEEDED,
        actor=actor,
        target=trail.Target("demo", "demo", "Demo data"),
        further=named,
        detail={"organizations": made.organizations, "keys": made.keys, "rows": made.generations},
        reason=REASON,
    )
