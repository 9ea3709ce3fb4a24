"""A row and the event that the guard demands, in one transaction."""

from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from factory.django import DjangoModelFactory

from audit import fingerprint, trail
from audit.models import Event
from keys import secrets

Row = TypeVar("Row", bound=models.Model)


def record_fixture(*names: str) -> None:
    """Tell the guard, within the caller's transaction, that rows which carry these ids are a test's own."""
    event = Event(occurred_at=timezone.now(), verb="test.fixture", operation="create", outcome="success")
    event.actor_type, event.actor_id, event.actor_label = "system", "test", "Test"
    event.target_type, event.target_id, event.target_label = "fixture", names[0], names[0]
    event.names, event.sentence, event.salt = sorted(set(names)), f"Test made {names[0]}", b"\0" * 16
    event.content_hash = fingerprint.of(event)
    event.save(force_insert=True)
    trail._tell_the_guard(event.id)


class RecordedFactory(DjangoModelFactory[Row]):
    """Saves a guarded row and its event in one transaction."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: type[Row], *args: Any, **kwargs: Any) -> Row:
        with transaction.atomic():
            row: Row = super()._create(model_class, *args, **kwargs)
            record_fixture(*cls.names(row))
        return row

    @classmethod
    def names(cls, row: Row) -> list[str]:
        """Return the ids by which the guard knows the row."""
        return [row.uid]  # type: ignore[attr-defined]


def sealed(made: secrets.Credential) -> dict[str, Any]:
    ring_id, sealed = secrets.seal(made.digest, public_id=made.public_id, ring=settings.FIELD_KEYS)
    return {"public_id": made.public_id, "last_four": made.last_four, "digest": sealed, "ring_id": ring_id}
