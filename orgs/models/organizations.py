from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone

from audit import trail
from orgs import identifiers, lifecycle, policy, texts
from orgs.models.plans import Plan, PlanVersion

if TYPE_CHECKING:
    from orgs.models.staff import Staff


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "OrganizationQuerySet":
        """Keep the organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q())

    def matching(self, text: str) -> "OrganizationQuerySet":
        """Keep those whose name, id, slug or a contact contains the text."""
        wanted = (
            models.Q(name__icontains=text)
            | models.Q(legal_name__icontains=text)
            | models.Q(uid__icontains=text)
            | models.Q(slug__icontains=text)
            | models.Exists(Contact.objects.filter(organization=models.OuterRef("pk")).matching(text))
        )
        return self.filter(wanted)

    def named(self, id_or_slug: str) -> "OrganizationQuerySet":
        """Keep the one that carries this id or slug."""
        return self.filter(models.Q(uid=id_or_slug) | models.Q(slug=id_or_slug))


class Organization(models.Model):
    """A studio that pays for generations. `version` rises with every change to it, its keys, limits, plan or pilot."""

    Status = lifecycle.Status

    uid = models.CharField(max_length=24, unique=True, default=identifiers.organization_uid, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120, validators=[texts.one_line])
    legal_name = models.CharField(max_length=200, blank=True, validators=[texts.one_line])
    crm_ref = models.CharField("CRM reference", max_length=80, blank=True, validators=[texts.one_line])
    purchase_order = models.CharField(max_length=80, blank=True, validators=[texts.one_line])
    renewal_on = models.DateField("renewal date", null=True, blank=True)
    status = models.CharField(max_length=12, choices=lifecycle.Status, default=lifecycle.Status.DRAFT)
    # What a suspended organization goes back to when it is reinstated.
    status_before = models.CharField(max_length=12, choices=lifecycle.Status, blank=True)
    status_since = models.DateTimeField(default=timezone.now)
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="organizations")
    account_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="organizations",
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    # The kinds of notices that its contacts do not get.
    muted_notices = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    notes = models.TextField(max_length=4000, blank=True, validators=[texts.several_lines])
    version = models.BigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = [Upper("name"), "id"]
        indexes = [
            models.Index(fields=["status"], name="organizations_by_status"),
            models.Index(Upper("name"), "id", name="organizations_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def plan(self) -> Plan:
        return self.plan_version.plan

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def holds_keys(self) -> bool:
        return self.status in lifecycle.HOLDS_KEYS

    @property
    def may_call(self) -> bool:
        return self.status in (self.Status.PILOT, self.Status.ACTIVE)

    @property
    def target(self) -> trail.Target:
        return trail.Target("organization", self.uid, self.name)


class ContactQuerySet(models.QuerySet["Contact"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "ContactQuerySet":
        """Keep the contacts of organizations in which the person holds the permission."""
        return self.filter(policy.scope(user, permission).as_q("organization__"))

    def matching(self, text: str) -> "ContactQuerySet":
        """Keep those whose name or address contains the text."""
        return self.filter(models.Q(name__icontains=text) | models.Q(email__icontains=text))


class Contact(models.Model):
    """Somebody, or a team, at a customer."""

    class Kind(models.TextChoices):
        TECHNICAL = "technical", "Technical"
        BILLING = "billing", "Billing"
        SECURITY = "security", "Security"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=120, blank=True, validators=[texts.one_line])
    email = models.EmailField()

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "email"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "email"],
                name="one_contact_per_kind_and_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email

    @property
    def target(self) -> trail.Target:
        return trail.Target("contact", f"{self.organization.uid}/{self.kind}/{self.email}", str(self))
