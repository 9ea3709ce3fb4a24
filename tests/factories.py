"""Rows that a test starts from. Each is saved with one `test.fixture` event that names it, as the guard demands.

Ask for what the test talks about: `SecretFactory(key__organization__status="suspended")`, `KeyFactory(state="paused")`.
"""

from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

import factory
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import models, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from factory.django import DjangoModelFactory

from audit import fingerprint, trail
from audit.models import Event
from keys import deliveries, identifiers, secrets
from keys.models import (
    ApiKey,
    DecisionHour,
    DeliveryLink,
    GatewayCredential,
    GatewaySecret,
    KeySecret,
    LeakReport,
    LimitRule,
    Pilot,
    Refusal,
    SecretHour,
    SecretUse,
)
from orgs import changes
from orgs.models import ChangeHead, Contact, Notice, Organization, Plan, PlanVersion, RoleAssignment, Staff

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


class StaffFactory(RecordedFactory[Staff]):
    """A person without a role; `password="…"` lets them sign in."""

    class Meta:
        model = Staff

    email = factory.Sequence(lambda n: f"person{n}@axis.example")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = None

    @classmethod
    def _create(cls, model_class: type[Staff], *args: Any, **kwargs: Any) -> Staff:
        kwargs["password"] = make_password(kwargs["password"])
        return super()._create(model_class, *args, **kwargs)


class PlanFactory(DjangoModelFactory[Plan]):
    class Meta:
        model = Plan
        django_get_or_create = ("code",)

    code = "standard"
    name = factory.LazyAttribute(lambda plan: plan.code.capitalize())


class PlanVersionFactory(RecordedFactory[PlanVersion]):
    """The plan's first version with its rates; any other term asked for makes a further version of the plan.

    `rates={"v1-minute": 60}` gives that version these limits per minute (burst 10); the default is v1 300, v2 120.
    """

    class Meta:
        model = PlanVersion

    plan = factory.SubFactory(PlanFactory)

    @classmethod
    def _create(cls, model_class: type[PlanVersion], *args: Any, **kwargs: Any) -> PlanVersion:
        plan = kwargs.pop("plan")
        first = model_class.objects.filter(plan=plan, number=1).first()
        if first and not kwargs:
            return first
        rates = kwargs.pop("rates", {"v1-minute": 300, "v2-minute": 120})
        number = model_class.objects.filter(plan=plan).count() + 1
        terms = {"api_versions": ["v1", "v2"], "default_key_days": 365, "longest_key_days": 365, "number": number}
        made = super()._create(model_class, plan=plan, **{**terms, "published_at": timezone.now(), **kwargs})
        for name, limit in rates.items():
            api_version = name.split("-")[0]
            RuleFactory(plan_version=made, name=name, limit=limit, api_version=api_version)
        return made

    @classmethod
    def names(cls, row: PlanVersion) -> list[str]:
        return [row.plan.code]


class OrganizationFactory(RecordedFactory[Organization]):
    """An active customer on the standard plan, without contract or billing period."""

    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Studio {n}")
    slug = factory.Sequence(lambda n: f"studio-{n}")
    status = Organization.Status.ACTIVE
    plan_version = factory.SubFactory(PlanVersionFactory)


class ContactFactory(RecordedFactory[Contact]):
    class Meta:
        model = Contact

    organization = factory.SubFactory(OrganizationFactory)
    kind = Contact.Kind.TECHNICAL
    name = factory.Sequence(lambda n: f"Team {n}")
    email = factory.Sequence(lambda n: f"team{n}@studio.example")

    @classmethod
    def names(cls, row: Contact) -> list[str]:
        return [row.organization.uid]


class NoticeFactory(DjangoModelFactory[Notice]):
    """A mail that waits to be sent to the contact of an organization."""

    class Meta:
        model = Notice

    organization = factory.SubFactory(OrganizationFactory)
    kind = Notice.Kind.KEY_ISSUED
    about = factory.Sequence(lambda n: f"key_{n}/issued")
    email = factory.Sequence(lambda n: f"dev{n}@studio.example")
    contact = factory.SelfAttribute("email")
    subject = factory.Sequence(lambda n: f"Axis API: key {n}")
    body = "A key was issued."

    @classmethod
    def _create(cls, model_class: type[Notice], *args: Any, **kwargs: Any) -> Notice:
        ContactFactory(organization=kwargs["organization"], email=kwargs["email"])
        return super()._create(model_class, *args, **kwargs)


class RoleAssignmentFactory(RecordedFactory[RoleAssignment]):
    class Meta:
        model = RoleAssignment

    user = factory.SubFactory(StaffFactory)
    role = "viewer"

    @classmethod
    def names(cls, row: RoleAssignment) -> list[str]:
        return [row.user.uid]


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
        row = super()._create(model_class, *args, **{**_sealed(made), **kwargs})
        row.text = made.text  # type: ignore[attr-defined]
        return row

    @classmethod
    def names(cls, row: KeySecret) -> list[str]:
        return [row.key.uid]


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
        row = super()._create(model_class, *args, **{**_sealed(made), **kwargs})
        row.text = made.text  # type: ignore[attr-defined]
        return row

    @classmethod
    def names(cls, row: GatewaySecret) -> list[str]:
        return [row.credential.uid]


class RuleFactory(RecordedFactory[LimitRule]):
    """A blocking rate of requests per minute. Give it its one owner: plan version, organization or key."""

    class Meta:
        model = LimitRule

    name = "v2-minute"
    api_version = "v2"
    limit = 60
    period_s = 60
    burst = 10
    effective = factory.LazyFunction(lambda: DateTimeTZRange(timezone.now() - timedelta(days=365), None, "[)"))

    @classmethod
    def names(cls, row: LimitRule) -> list[str]:
        owners = [row.organization and row.organization.uid, row.key and row.key.uid]
        return [name for name in [*owners, row.plan_version and row.plan_version.plan.code] if name]


class PilotFactory(RecordedFactory[Pilot]):
    """A pilot that began yesterday and ends in 29 days, of an organization on trial."""

    class Meta:
        model = Pilot

    organization = factory.SubFactory(
        OrganizationFactory, status=Organization.Status.PILOT, plan_version__plan__code="pilot"
    )
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
    ends_at = factory.LazyAttribute(lambda pilot: pilot.starts_at + timedelta(days=30))

    @classmethod
    def names(cls, row: Pilot) -> list[str]:
        return [row.organization.uid]


def announced(organization: Organization, *public_ids: str, kind: str = "key.revoked") -> int:
    """Announce a change as an action does; returns its number in the feed."""
    with transaction.atomic():
        changes.announce(organization=organization, kind=kind, public_ids=public_ids)
        record_fixture(organization.uid)
    return ChangeHead.objects.get().seq


def _sealed(made: secrets.Credential) -> dict[str, Any]:
    ring_id, sealed = secrets.seal(made.digest, public_id=made.public_id, ring=settings.FIELD_KEYS)
    return {"public_id": made.public_id, "last_four": made.last_four, "digest": sealed, "ring_id": ring_id}
