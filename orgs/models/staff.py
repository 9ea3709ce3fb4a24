from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth import hashers
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from audit import trail
from orgs import identifiers, policy, texts


class StaffManager(BaseUserManager["Staff"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Staff":
        """Make a staff member; people go through `actions.create_staff`, which also records it."""
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Staff":
        return self.get(email__iexact=username)


class Staff(AbstractBaseUser):
    """A person who works here and signs in with an e-mail address."""

    uid = models.CharField(max_length=24, unique=True, default=identifiers.staff_uid, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, validators=[texts.one_line])
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[StaffManager] = StaffManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "staff"

    def __str__(self) -> str:
        return self.name or self.email

    def check_password(self, raw_password: str | None) -> bool:
        """Say whether it is the password. Its hash is not renewed here: that is a change, and changes are recorded."""
        return hashers.check_password(raw_password, self.password)

    @cached_property
    def grants(self) -> tuple[policy.Grant, ...]:
        """The roles that this person holds now. Read once per object, so once per request."""
        held = RoleAssignment.objects.filter(user=self).current(at=timezone.now())
        return tuple(
            policy.Grant(role, organization) for role, organization in held.values_list("role", "organization_id")
        )

    @property
    def role_labels(self) -> list[str]:
        return sorted({policy.Role(grant.role).label for grant in self.grants})

    @property
    def target(self) -> trail.Target:
        return trail.Target("staff", self.uid, str(self))


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def current(self, *, at: Any) -> "RoleAssignmentQuerySet":
        """Keep the roles that have not expired."""
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=at))


class RoleAssignment(models.Model):
    """A role that a person holds, everywhere or in one organization, until it expires."""

    user = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=24, choices=policy.Role)
    organization = models.ForeignKey("orgs.Organization", null=True, blank=True, on_delete=models.PROTECT)
    expires_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "organization"],
                nulls_distinct=False,
                name="one_assignment_of_a_role_per_scope",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
