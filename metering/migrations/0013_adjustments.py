"""Adjustments, and the requests that they come from."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q

import metering.identifiers

KINDS = [("void", "Void"), ("credit", "Credit"), ("charge", "Charge"), ("correction", "Correction")]
STATES = [("proposed", "Waiting"), ("approved", "Approved"), ("declined", "Declined"), ("withdrawn", "Withdrawn")]
TIERS = ["dedicated", "shared", "overage", "pilot", "sandbox"]
CAUSES = [("engine", "Engine"), ("timeout", "Time-out"), ("content", "Content"), ("client", "Client")]
MONEY = Q(kind="credit", amount__lt=0) | Q(kind="charge", amount__gt=0) | Q(kind="correction") & ~Q(amount=0)


def link(to, *, null=False, name="+", one=False):
    field = models.OneToOneField if one else models.ForeignKey
    return field(null=null, on_delete=django.db.models.deletion.PROTECT, related_name=name, to=to)


def text(length, **also):
    return models.CharField(blank=True, max_length=length, **also)


ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
AMOUNT = models.DecimalField(decimal_places=4, max_digits=18, null=True)

REQUEST = migrations.CreateModel(
    name="AdjustmentRequest",
    fields=[
        ("id", ID),
        (
            "uid",
            models.CharField(
                default=metering.identifiers.adjustment_request_uid, editable=False, max_length=24, unique=True
            ),
        ),
        ("organization", link("orgs.organization", name="adjustment_requests")),
        ("kind", models.CharField(choices=KINDS, max_length=12)),
        ("generation_id", models.UUIDField(null=True)),
        ("period", link("metering.billingperiod", null=True)),
        ("original_period", link("metering.billingperiod", null=True)),
        ("text", text(200)),
        ("amount", AMOUNT),
        ("currency", text(3)),
        ("reason", models.CharField(max_length=500)),
        ("ticket", text(64)),
        ("requested_by", link("orgs.staff")),
        ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
        ("state", models.CharField(choices=STATES, default="proposed", max_length=12)),
        ("decided_by", link("orgs.staff", null=True)),
        ("decided_at", models.DateTimeField(null=True)),
        ("decision_reason", text(500)),
    ],
    options={
        "ordering": ["-requested_at", "-id"],
        "constraints": [
            models.CheckConstraint(
                condition=Q(kind="void", generation_id__isnull=False, amount__isnull=True, currency="")
                | Q(generation_id__isnull=True, amount__isnull=False, currency__regex="^[A-Z]{3}$")
                & Q(period__isnull=False)
                & MONEY,
                name="a_request_is_a_void_or_money",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by__isnull=True, decided_at__isnull=True)
                | Q(state__in=("approved", "declined"), decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(decided_by=models.F("requested_by"))
                | Q(state="withdrawn", decided_by__isnull=False, decided_at__isnull=False)
                & Q(decided_by=models.F("requested_by")),
                name="nobody_decides_what_they_asked_for",
            ),
            models.UniqueConstraint(
                condition=Q(kind="void", state__in=("proposed", "approved")),
                fields=("generation_id",),
                name="one_request_to_void_a_generation",
            ),
        ],
        "indexes": [models.Index(condition=Q(state="proposed"), fields=["requested_at"], name="requests_that_wait")],
    },
)

ADJUSTMENT = migrations.CreateModel(
    name="Adjustment",
    fields=[
        ("id", ID),
        ("sequence", models.PositiveBigIntegerField(unique=True)),
        ("number", models.CharField(max_length=24, unique=True)),
        ("request", link("metering.adjustmentrequest", name="adjustment", one=True)),
        ("organization", link("orgs.organization", name="adjustments")),
        ("kind", models.CharField(choices=KINDS, max_length=12)),
        ("generation_id", models.UUIDField(null=True)),
        ("period", link("metering.billingperiod", null=True, name="adjustments")),
        ("original_period", link("metering.billingperiod", null=True)),
        ("amount", AMOUNT),
        ("currency", text(3)),
        ("text", text(200)),
        ("occurred_at", models.DateTimeField(null=True)),
        ("hour", models.DateTimeField(null=True)),
        ("key", link("keys.apikey", null=True)),
        ("environment", text(8, choices=[("live", "Live"), ("test", "Test")])),
        ("api_version", text(8, choices=[("v1", "v1"), ("v2", "v2")])),
        ("outcome", text(12, choices=[("succeeded", "Succeeded"), ("failed", "Failed")])),
        ("resolution", text(16)),
        ("aspect_ratio", text(16)),
        ("service_tier", text(12, choices=[(tier, tier.capitalize()) for tier in TIERS])),
        ("failure_cause", text(12, choices=CAUSES)),
        ("units", models.PositiveIntegerField(null=True)),
        ("requested_by", models.CharField(max_length=200)),
        ("approved_by", models.CharField(max_length=200)),
        ("created_at", models.DateTimeField()),
    ],
    options={
        "ordering": ["-sequence"],
        "constraints": [
            models.CheckConstraint(
                condition=Q(
                    kind="void",
                    generation_id__isnull=False,
                    amount__isnull=True,
                    occurred_at__isnull=False,
                    hour__isnull=False,
                    key__isnull=False,
                    units__isnull=False,
                    units__gt=0,
                )
                | Q(generation_id__isnull=True, amount__isnull=False, period__isnull=False) & MONEY,
                name="an_adjustment_is_a_void_or_money",
            ),
            models.UniqueConstraint(
                condition=Q(kind="void"), fields=("generation_id",), name="a_generation_is_voided_once"
            ),
        ],
        "indexes": [
            models.Index(condition=Q(kind="void"), fields=["organization", "hour"], name="voids_of_an_organization")
        ],
    },
)


class Migration(migrations.Migration):
    dependencies = [
        ("keys", "0023_job_lengths"),
        ("metering", "0012_priced_contracts"),
        ("orgs", "0014_billing_role"),
    ]
    operations = [REQUEST, ADJUSTMENT]
