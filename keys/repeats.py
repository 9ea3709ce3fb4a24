"""Whether a form was sent again: the page with the secret was loaded anew, and nobody else changed anything."""

from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone

from audit import trail
from audit.models import Event
from audit.verbs import Verb
from keys.models import ApiKey
from orgs.models import Organization

MOMENTS = timedelta(minutes=10)


def was_last(verbs: Collection[Verb], key: ApiKey, *, actor: trail.Actor) -> bool:
    """Say whether the latest thing done to the key was one of these, by this person, moments ago."""
    done = Event.objects.filter(target_id=key.uid, outcome=Event.Outcome.SUCCESS, verb__startswith="key.")
    last = done.filter(occurred_at__gt=timezone.now() - MOMENTS).first()
    return last is not None and last.verb in set(verbs) and last.actor_id == actor.id


def issued(organization: Organization, *, environment: str, name: str, actor: trail.Actor) -> bool:
    """Say whether this person issued the key that has the name in the environment, moments ago."""
    namesakes = organization.keys.exclude(state=ApiKey.State.REVOKED).filter(environment=environment, name=name)
    key = namesakes.filter(created_at__gt=timezone.now() - MOMENTS).first()
    return key is not None and was_last([Verb.KEY_ISSUED], key, actor=actor)
