"""The gateways' own credentials."""

from typing import Any

import factory

from keys import secrets
from keys.models import (
    GatewayCredential,
    GatewaySecret,
)
from tests.factories.recording import RecordedFactory, sealed


class GatewayFactory(RecordedFactory[GatewayCredential]):
    """A production gateway with the usual scopes and one secret; the credential itself is `.text`."""

    class Meta:
        model = GatewayCredential

    name = factory.Sequence(lambda n: f"gw-{n}")
    created_by = "Test"

    @classmethod
    def _create(cls, model_class: type[GatewayCredential], *args: Any, **kwargs: Any) -> GatewayCredential:
        row = super()._create(model_class, *args, **kwargs)
        secret = GatewaySecretFactory(credential=row)
        row.text = secret.text  # type: ignore[attr-defined]
        return row


class GatewaySecretFactory(RecordedFactory[GatewaySecret]):
    """A further secret of a gateway's credential, with `.text`."""

    class Meta:
        model = GatewaySecret

    credential = factory.SubFactory(GatewayFactory)
    state = GatewaySecret.State.ACTIVE

    @classmethod
    def _create(cls, model_class: type[GatewaySecret], *args: Any, **kwargs: Any) -> GatewaySecret:
        made = secrets.make_credential("gateway")
        row = super()._create(model_class, *args, **{**sealed(made), **kwargs})
        row.text = made.text  # type: ignore[attr-defined]
        return row

    @classmethod
    def names(cls, row: GatewaySecret) -> list[str]:
        return [row.credential.uid]
