"""Long work, and each thing that it is about. Strings only: the apps that do the work stand above."""

from django.db import models
from django.utils import timezone

from audit import uuid7


class JobQuerySet(models.QuerySet["Job"]):
    def of(self, actor_id: str) -> "JobQuerySet":
        """Keep what this person started."""
        return self.filter(actor_id=actor_id)

    def going(self) -> "JobQuerySet":
        """Keep what waits or runs."""
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])


class Job(models.Model):
    """Work on many things in one person's name, one transaction for each.

    A worker that runs it holds its `lease`, and shows by `heartbeat` that it is alive; another takes over a lease that
    has gone quiet. What is done, and in whose name, is guarded: it never changes after the start.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Broken off"
        CANCELLED = "cancelled", "Stopped"

    id = models.UUIDField(primary_key=True, default=uuid7.make, editable=False)
    kind = models.CharField(max_length=48)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    # Who started it, whole: each thing is recorded as done by this person, from where they were.
    actor = models.JSONField()
    actor_id = models.CharField(max_length=200)
    actor_label = models.CharField(max_length=200)
    # No secrets: this is kept, and read by whoever may see the job.
    arguments = models.JSONField(default=dict)
    event = models.UUIDField()
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    heartbeat = models.DateTimeField(null=True)
    # How often a worker took it up since the last thing that was finished.
    claims = models.PositiveSmallIntegerField(default=0)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["actor_id", "-created_at"], name="jobs_by_actor"),
            models.Index(fields=["created_at"], condition=models.Q(state__in=["queued", "running"]), name="jobs_going"),
            models.Index(fields=["finished_at"], name="jobs_by_end"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "running"], finished_at=None)
                | (~models.Q(state__in=["queued", "running"]) & models.Q(finished_at__isnull=False)),
                name="an_ended_job_says_when",
            ),
            models.CheckConstraint(
                condition=models.Q(total__gte=models.F("done") + models.F("failed")), name="a_job_counts_its_items_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_going(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def finished(self) -> int:
        """How many things have a result."""
        return self.done + self.failed

    @property
    def percent(self) -> int:
        return self.finished * 100 // self.total if self.total else 100

    @property
    def untouched(self) -> int:
        """How many things have none."""
        return self.total - self.finished


class JobItem(models.Model):
    """One thing that the job is about, and what came of it."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Failed"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    target_type = models.CharField(max_length=48)
    target_id = models.CharField(max_length=200)
    target_label = models.CharField(max_length=200)
    # The id of the organization that it belongs to: who sees that one sees this line.
    organization = models.CharField(max_length=200, blank=True)
    organization_label = models.CharField(max_length=200, blank=True)
    # The version that the person saw; None where it does not matter.
    seen = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.WAITING)
    sentence = models.CharField(max_length=500, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["job", "position"], name="one_item_per_job_and_position")]
        indexes = [
            models.Index(fields=["job", "position"], condition=models.Q(outcome="waiting"), name="job_items_that_wait")
        ]

    def __str__(self) -> str:
        return self.target_label
