"""Keys, their secrets, and what happens to them."""

from datetime import timedelta
from typing import Any

import factory
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from keys import deliveries, identifiers, secrets
from keys.models import (
    ApiKey,
    DeliveryLink,
    KeySecret,
    LeakReport,
)
from orgs import changes
from orgs.models import ChangeHead, Organization
from tests.factories.organizations import OrganizationFactory
from tests.factories.recording import RecordedFactory, record_fixture, sealed


class KeyFactory(RecordedFactory[ApiKey]):
    """A live key for both versions, without a secret: `SecretFactory` makes a key together with its secret."""

    class Meta:
        model = ApiKey

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"key {n}")
    environment = ApiKey.Environment.LIVE
    api_versions = ("v1", "v2")
    state = ApiKey.State.ACTIVE
    revoked_at = factory.LazyAttribute(lambda key: timezone.now() if key.state == "revoked" else None)
    paused_at = factory.LazyAttribute(lambda key: timezone.now() if key.state == "paused" else None)
    created_by = "Test"

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        return {**kwargs, "api_versions": list(kwargs["api_versions"])}


class SecretFactory(RecordedFactory[KeySecret]):
    """A secret that works, and its key; the credential itself is `.text`."""

    class Meta:
        model = KeySecret

    key = factory.SubFactory(KeyFactory)
    state = KeySecret.State.ACTIVE
    overlap_until = factory.LazyAttribute(
        lambda secret: timezone.now() + timedelta(days=1) if secret.state == "overlap" else None
    )
    retired_at = factory.LazyAttribute(lambda secret: timezone.now() if secret.state == "retired" else None)
    activates_at = factory.LazyAttribute(
        lambda secret: timezone.now() + timedelta(days=1) if secret.state == "pending" else None
    )

    @classmethod
    def _create(cls, model_class: type[KeySecret], *args: Any, **kwargs: Any) -> KeySecret:
        made = secrets.make_credential("live" if kwargs["key"].environment == "live" else "test")
        row = super()._create(model_class, *args, **{**sealed(made), **kwargs})
        row.text = made.text  # type: ignore[attr-defined]
        return row

    @classmethod
    def names(cls, row: KeySecret) -> list[str]:
        return [row.key.uid]


class ImportedFactory(SecretFactory):
    """A secret that was made elsewhere; the credential is `.text` and begins with its prefix."""

    class Meta:
        model = KeySecret

    @classmethod
    def _create(cls, model_class: type[KeySecret], *args: Any, **kwargs: Any) -> KeySecret:
        text = kwargs.pop("text", "sk_studio_0a1B2c3D4e5F6g7H")
        digest = secrets.digest(text)
        public_id = secrets.imported_public_id(digest)
        ring_id, kept = secrets.seal(digest, public_id=public_id, ring=settings.FIELD_KEYS)
        of_it = {"public_id": public_id, "ring_id": ring_id, "digest": kept, "last_four": ""}
        row = super()._create(model_class, *args, **{"imported_prefix": "sk_studio_", **of_it, **kwargs})
        row.text = text  # type: ignore[attr-defined]
        return row


class LinkFactory(RecordedFactory[DeliveryLink]):
    """An unopened one-time link, good for a day. Its token is `.token`, the credential behind it `.secret.text`."""

    class Meta:
        model = DeliveryLink

    secret = factory.SubFactory(SecretFactory)
    recipient = "platform@studio.example"
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=1))
    created_by = "Test"

    @classmethod
    def _create(cls, model_class: type[DeliveryLink], *args: Any, **kwargs: Any) -> DeliveryLink:
        uid = identifiers.delivery_uid()
        sealed = deliveries.seal(kwargs["secret"].text, uid=uid)
        is_over = kwargs.get("opened_at") or kwargs.get("cancelled_at")
        kept = {} if is_over else {"salt": sealed.salt, "ciphertext": sealed.ciphertext}
        row = super()._create(model_class, *args, uid=uid, verifier=sealed.verifier, **kept, **kwargs)
        row.token = sealed.token  # type: ignore[attr-defined]
        return row

    @classmethod
    def names(cls, row: DeliveryLink) -> list[str]:
        return [row.secret.key.uid]


class LeakFactory(RecordedFactory[LeakReport]):
    """An open report about a secret that works, out since yesterday; a gateway's with `secret=None`."""

    class Meta:
        model = LeakReport

    secret = factory.SubFactory(SecretFactory)
    source = "the customer"
    exposed_since = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
    reported_by = "Test"

    @classmethod
    def names(cls, row: LeakReport) -> list[str]:
        return [row.key.uid if row.key else row.gateway_secret.credential.uid]  # type: ignore[union-attr]


def announced(organization: Organization, *public_ids: str, kind: str = "key.revoked") -> int:
    """Announce a change as an action does; returns its number in the feed."""
    with transaction.atomic():
        changes.announce(organization=organization, kind=kind, public_ids=public_ids)
        record_fixture(organization.uid)
    return ChangeHead.objects.get().seq
