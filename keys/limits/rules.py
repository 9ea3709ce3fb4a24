"""Limit rules: what an organization may do, by its plan, by itself or by one of its keys."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from audit import trail
from keys import identifiers
from keys.limits.slots import Slot
from orgs.models import Organization, PlanVersion

LARGEST_BURST = 1_000
WARNINGS = (50, 80, 95, 100)

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
        _or("window", "-"),
    ]
    spaced = [part for item in about for part in (_said("/"), item)]
    return Concat(*owner, *spaced, output_field=_TEXT)


def _of_one_kind() -> models.Q:
    """A rate has a period and a burst, a window its length, and running jobs neither; they count jobs alone."""
    rate = models.Q(kind="rate", period_s__isnull=False, burst__isnull=False, window__isnull=True, overage_allowance=0)
    window = models.Q(kind="window", window__isnull=False, period_s__isnull=True, burst__isnull=True)
    jobs = models.Q(kind="concurrency", window__isnull=True, period_s__isnull=True, burst__isnull=True)
    return rate | window | (jobs & models.Q(dimension="requests", overage_allowance=0))


# What began no later than it was written down was recorded by whoever set it.
_YET_TO_BEGIN = models.Q(begun_at__isnull=True, effective__startswith__gt=models.F("created_at"))
_YET_TO_END = models.Q(ended_at__isnull=True, effective__upper_inf=False)


class LimitRuleQuerySet(models.QuerySet["LimitRule"]):
    def within(self, organization: Organization) -> "LimitRuleQuerySet":
        """Keep the organization's own rules and those of its keys."""
        return self.filter(models.Q(organization=organization) | models.Q(key__organization=organization))

    def applying_to(self, organization: Organization) -> "LimitRuleQuerySet":
        """Keep the rules that its calls may meet: the plan version's, the organization's and its keys'."""
        mine = models.Q(organization=organization) | models.Q(key__organization=organization)
        return self.filter(mine | models.Q(plan_version=organization.plan_version_id))

    def about(self, slot: Slot) -> "LimitRuleQuerySet":
        """Keep the rules of this slot, whosever they are."""
        return self.filter(
            kind=slot.kind,
            dimension=slot.dimension,
            api_version=slot.api_version,
            period_s=slot.period_s,
            window=slot.window,
        )

    def at(self, moment: datetime) -> "LimitRuleQuerySet":
        """Keep the rules that hold at this time."""
        return self.filter(effective__contains=moment)

    def not_over(self, *, at: datetime) -> "LimitRuleQuerySet":
        """Keep the rules that hold at this time or begin later."""
        return self.filter(models.Q(effective__upper_inf=True) | models.Q(effective__endswith__gt=at))

    def to_record(self, *, at: datetime) -> "LimitRuleQuerySet":
        """Keep those that time alone has let begin or end, and of which it was not recorded yet."""
        begun = _YET_TO_BEGIN & models.Q(effective__startswith__lte=at)
        ended = _YET_TO_END & models.Q(effective__endswith__lte=at)
        return self.filter(begun | ended, plan_version=None)


class LimitRule(models.Model):
    """One limit of a plan version, an organization or a key, for a range of time.

    `effective` is when it holds. Where another rule lies over a part of what it was set for, `asked` is that, and what
    is left of it after the other one is a row of its own that `continues` it. A rule that was withdrawn is empty.
    """

    class Dimension(models.TextChoices):
        REQUESTS = "requests", "Requests"
        GENERATIONS = "generations", "Generations"
        UNITS = "units", "Cost units"

    class Kind(models.TextChoices):
        RATE = "rate", "Rate"
        WINDOW = "window", "Calendar window"
        CONCURRENCY = "concurrency", "Running jobs"

    class Window(models.TextChoices):
        DAY = "day", "Day"
        MONTH = "month", "Month"
        # As long as the rule is effective: a pilot's cap.
        TERM = "term", "Whole term"

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
    window = models.CharField(max_length=8, choices=Window, null=True, blank=True)  # noqa: DJ001
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.BLOCK)
    overage_allowance = models.PositiveBigIntegerField(default=0)
    # Percentages of the limit at which somebody is to be warned.
    warn_at = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    effective = DateTimeRangeField()
    asked = DateTimeRangeField(null=True, blank=True)
    continues = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="continuations", db_index=False
    )
    # Of a whole term: since when it counts, where that is before this row's own beginning.
    counts_since = models.DateTimeField(null=True, blank=True)
    # When a sweep has recorded that time let it begin, or end.
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    ticket = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    slot = models.GeneratedField(expression=_slot(), output_field=models.TextField(), db_persist=True)

    objects = LimitRuleQuerySet.as_manager()

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
            models.CheckConstraint(condition=_of_one_kind(), name="a_limit_is_of_one_kind"),
            models.CheckConstraint(
                condition=models.Q(warn_at__contained_by=list(WARNINGS)), name="warnings_are_at_known_percentages"
            ),
            models.CheckConstraint(condition=models.Q(effective__lower_inf=False), name="a_limit_begins"),
            models.CheckConstraint(
                condition=models.Q(counts_since=None) | models.Q(window="term", window__isnull=False),
                name="only_a_term_counts_since",
            ),
            ExclusionConstraint(
                name="one_active_rule_per_slot",
                expressions=[
                    ("slot", RangeOperators.EQUAL),
                    ("effective", RangeOperators.OVERLAPS),
                ],
            ),
        ]
        # The sweep's: what waits to be recorded are few of many.
        indexes = [
            models.Index(fields=["id"], condition=_YET_TO_BEGIN, name="limits_yet_to_begin"),
            models.Index(fields=["id"], condition=_YET_TO_END, name="limits_yet_to_end"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> trail.Target:
        return trail.Target("limit", self.uid, self.name)

    @property
    def about(self) -> Slot:
        """What it limits."""
        return Slot(self.kind, self.dimension, self.api_version, self.period_s, self.window)

    @property
    def owner(self) -> str:
        """Whose it is: plan, organization or key."""
        if self.key_id is not None:
            return "key"
        return "organization" if self.organization_id is not None else "plan"

    @property
    def set_for(self) -> Any:
        """The range that it was set for; `effective` is what of it holds."""
        return self.effective if self.asked is None else self.asked

    @property
    def is_temporary(self) -> bool:
        """Whether it was set with an end."""
        origin = self.continues or self
        return origin.set_for.upper is not None
