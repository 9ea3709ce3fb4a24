"""Limit rules: what an organization may do, by its plan, by itself or by one of its keys."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from audit import trail
from keys import identifiers
from orgs.models import Organization, PlanVersion

LARGEST_BURST = 1_000


_TEXT = models.TextField()


def _said(text: str) -> models.Value:
    return models.Value(text, output_field=_TEXT)


def _or(column: str, otherwise: str) -> Coalesce:
    return Coalesce(Cast(column, _TEXT), _said(otherwise), output_field=_TEXT)


def _slot() -> Concat:
    """What a rule is about, so that the database can refuse a second active rule for the same thing."""
    owner = [
        _said("p"),
        _or("plan_version_id", "-"),
        _said("o"),
        _or("organization_id", "-"),
        _said("k"),
        _or("key_id", "-"),
    ]
    about = [
        Cast("dimension", _TEXT),
        _or("api_version", "any"),
        Cast("kind", _TEXT),
        _or("period_s", "-"),
    ]
    spaced = [part for item in about for part in (_said("/"), item)]
    return Concat(*owner, *spaced, output_field=_TEXT)


class LimitRule(models.Model):
    """One limit of a plan version, an organization or a key, for a range of time."""

    class Dimension(models.TextChoices):
        REQUESTS = "requests", "Requests"
        GENERATIONS = "generations", "Generations"
        UNITS = "units", "Cost units"

    class Kind(models.TextChoices):
        RATE = "rate", "Rate"
        WINDOW = "window", "Calendar window"
        CONCURRENCY = "concurrency", "Running jobs"

    class Mode(models.TextChoices):
        BLOCK = "block", "Block"
        WARN = "warn", "Warn"

    uid = models.CharField(max_length=24, unique=True, default=identifiers.rule_uid, editable=False)
    plan_version = models.ForeignKey(
        PlanVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="limits",
    )
    organization = models.ForeignKey(
        Organization,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="limits",
    )
    key = models.ForeignKey(
        "keys.ApiKey",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="limits",
    )
    name = models.CharField(max_length=40)
    dimension = models.CharField(max_length=12, choices=Dimension, default=Dimension.REQUESTS)
    # NULL is "any version": an empty text would be one more version to the database.
    api_version = models.CharField(max_length=8, null=True, blank=True)  # noqa: DJ001
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.RATE)
    limit = models.PositiveBigIntegerField()
    period_s = models.PositiveIntegerField(null=True, blank=True, help_text="Seconds, of a rate.")
    burst = models.PositiveIntegerField(null=True, blank=True)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.BLOCK)
    overage_allowance = models.PositiveBigIntegerField(default=0)
    effective = DateTimeRangeField()
    reason = models.CharField(max_length=500, blank=True)
    ticket = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    slot = models.GeneratedField(expression=_slot(), output_field=models.TextField(), db_persist=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    plan_version__isnull=False,
                    organization__isnull=True,
                    key__isnull=True,
                )
                | models.Q(
                    plan_version__isnull=True,
                    organization__isnull=False,
                    key__isnull=True,
                )
                | models.Q(
                    plan_version__isnull=True,
                    organization__isnull=True,
                    key__isnull=False,
                ),
                name="a_limit_has_exactly_one_owner",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="rate")
                | models.Q(limit__gt=0, period_s__gt=0, burst__gt=0, burst__lte=LARGEST_BURST),
                name="a_rate_has_a_period_and_a_burst",
            ),
            ExclusionConstraint(
                name="one_active_rule_per_slot",
                expressions=[
                    ("slot", RangeOperators.EQUAL),
                    ("effective", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> trail.Target:
        return trail.Target("limit", self.uid, self.name)
