"""What was decided and counted."""

from uuid import uuid4

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from keys.models import (
    DecisionHour,
    Refusal,
    SecretHour,
    SecretUse,
)
from tests.factories.keys import KeyFactory, SecretFactory


class UseFactory(DjangoModelFactory[SecretUse]):
    """A secret that was used, just now unless another time is given; outside the guard."""

    class Meta:
        model = SecretUse

    secret = factory.SubFactory(SecretFactory)
    first_used_at = factory.LazyFunction(timezone.now)
    last_used_at = factory.LazyAttribute(lambda use: use.first_used_at)
    address = "203.0.113.7"
    user_agent = "python-requests/2.32"
    api_version = "v2"


class SecretHourFactory(DjangoModelFactory[SecretHour]):
    """Ten admitted calls of a secret in this hour, from one address."""

    class Meta:
        model = SecretHour

    secret = factory.SubFactory(SecretFactory)
    hour = factory.LazyFunction(lambda: timezone.now().replace(minute=0, second=0, microsecond=0))
    api_version = "v2"
    address = "203.0.113.7"
    user_agent = "studio/1.2"
    admitted = 10


class DecisionHourFactory(DjangoModelFactory[DecisionHour]):
    """Ten verdicts about a key in this hour, one cost unit each."""

    class Meta:
        model = DecisionHour

    key = factory.SubFactory(KeyFactory)
    organization = factory.SelfAttribute("key.organization")
    hour = factory.LazyFunction(lambda: timezone.now().replace(minute=0, second=0, microsecond=0))
    api_version = "v2"
    code = "VALID"
    calls = 10
    units = factory.SelfAttribute("calls")


class RefusalFactory(DjangoModelFactory[Refusal]):
    """A call with a paused key, refused just now; `key=None, organization=…` for an unknown one."""

    class Meta:
        model = Refusal

    decision_id = factory.LazyFunction(lambda: uuid4().hex)
    at = factory.LazyFunction(timezone.now)
    key = factory.SubFactory(KeyFactory)
    organization = factory.LazyAttribute(lambda refusal: refusal.key and refusal.key.organization)
    code = "PAUSED"
    reasons = factory.LazyAttribute(lambda refusal: [refusal.code])
    api_version = "v2"
    checks = factory.LazyAttribute(
        lambda refusal: [{"code": refusal.code, "passed": False, "saw": "the key is paused"}]
    )
