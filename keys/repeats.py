"""Whether a form was sent again: the page with the secret was loaded anew, and nobody else changed anything."""

from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone

from audit import lately, trail
from audit.verbs import Verb
from keys.models import ApiKey
from orgs.models import Organization

MOMENTS = timedelta(minutes=10)


def was_last(verbs: Collection[Verb], key: ApiKey, *, actor: trail.Actor) -> bool:
    """Say whether the latest thing done to the key was one of these, by this person, moments ago."""
    return lately.was_last(verbs, key.uid, actor=actor, after=timezone.now() - MOMENTS)


def issued(organization: Organization, *, environment: str, name: str, actor: trail.Actor) -> bool:
    """Say whether this person issued the key that has the name in the environment, moments ago."""
    namesakes = organization.keys.exclude(state=ApiKey.State.REVOKED).filter(environment=environment, name=name)
    key = namesakes.filter(created_at__gt=timezone.now() - MOMENTS).first()
    return key is not None and was_last([Verb.KEY_ISSUED], key, actor=actor)
