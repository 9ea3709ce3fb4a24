"""People, plans and organizations."""

from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory

from orgs.models import Contact, Notice, Organization, Plan, PlanVersion, RoleAssignment, Staff
from tests.factories.limits import RuleFactory
from tests.factories.recording import RecordedFactory


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
        # A version's limits are written in the transaction that publishes it.
        with transaction.atomic():
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
