from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from audit import trail
from metering import identifiers
from orgs.models import Organization, Staff


class ExportQuerySet(models.QuerySet["Export"]):
    def of(self, owner: Staff) -> "ExportQuerySet":
        """Keep what this person asked for."""
        return self.filter(owner=owner)

    def going(self) -> "ExportQuerySet":
        """Keep what waits or runs."""
        return self.filter(state__in=[Export.State.QUEUED, Export.State.RUNNING])


class Export(models.Model):
    """A file of usage that one person asked for, made by a worker step by step.

    Each step writes rows into the file's next chunks and says here how far it came, in one transaction. A worker holds
    the `lease` and shows by `heartbeat` that it is alive. What was asked, and in whose scope, never changes.
    """

    class What(models.TextChoices):
        TABLE = "table", "The table"
        GENERATIONS = "generations", "Every generation"

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        NDJSON = "ndjson", "NDJSON"
        XLSX = "xlsx", "Excel workbook"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Ready"
        FAILED = "failed", "Broken off"
        CANCELLED = "cancelled", "Stopped"

    uid = models.CharField(max_length=24, unique=True, default=identifiers.export_uid, editable=False)
    owner = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="exports")
    title = models.CharField(max_length=200)
    what = models.CharField(max_length=12, choices=What)
    format = models.CharField(max_length=8, choices=Format)
    # What stood in the address of the page: the one filter of chart, table, totals and file.
    query = models.CharField(max_length=4000, blank=True)
    # The organization on whose pages it was asked for; null on those of all.
    organization = models.ForeignKey(Organization, null=True, on_delete=models.PROTECT, related_name="exports")
    # The primary keys of what the person saw at the start; null for everything.
    organizations = ArrayField(models.BigIntegerField(), null=True)
    # What was received later is not in it, however long it takes.
    as_of = models.DateTimeField()
    event = models.UUIDField()
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    sentence = models.CharField(max_length=500, blank=True)
    # About so many rows are to come; null where nobody has counted.
    expected = models.PositiveBigIntegerField(null=True)
    rows = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    chunks = models.PositiveIntegerField(default=0)
    # The last generation and the last void that are in it, and what the writer of its format must know to go on.
    position = models.UUIDField(null=True)
    voids = models.PositiveBigIntegerField(null=True)
    writer = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    heartbeat = models.DateTimeField(null=True)
    # How often a worker took it up since its last step.
    claims = models.PositiveSmallIntegerField(default=0)

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="exports_of_a_person"),
            models.Index(
                fields=["created_at"], condition=models.Q(state__in=["queued", "running"]), name="exports_going"
            ),
            models.Index(fields=["expires_at"], name="exports_by_end"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "running"], finished_at=None, expires_at=None)
                | (
                    ~models.Q(state__in=["queued", "running"])
                    & models.Q(finished_at__isnull=False, expires_at__isnull=False)
                ),
                name="an_ended_export_says_when_and_until_when",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def target(self) -> trail.Target:
        return trail.Target("export", self.uid, self.title)

    @property
    def is_going(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def percent(self) -> int:
        """How far it is, as far as anybody can say; 100 only where it is ready."""
        if self.state == self.State.DONE:
            return 100
        return min(99, self.rows * 100 // self.expected) if self.expected else 0


class ExportChunk(models.Model):
    """A piece of an export's file: its bytes from `starts` on. Never written alone, always with how far it came."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="pieces", db_index=False)
    seq = models.PositiveIntegerField()
    starts = models.PositiveBigIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["export_id", "seq"]
        constraints = [models.UniqueConstraint(fields=["export", "seq"], name="one_chunk_per_export_and_place")]

    def __str__(self) -> str:
        return f"{self.export_id}/{self.seq}"
