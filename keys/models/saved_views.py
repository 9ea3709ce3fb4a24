from django.db import models
from django.utils import timezone

from audit import trail
from keys import identifiers
from orgs import texts
from orgs.models import Staff


class SavedView(models.Model):
    """A filter of a list under a name that one person chose. `query` is what stands in the address."""

    uid = models.CharField(max_length=24, unique=True, default=identifiers.saved_view_uid, editable=False)
    owner = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="saved_views")
    page = models.CharField(max_length=32)
    name = models.CharField(max_length=40, validators=[texts.one_line])
    query = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "page", "name"], name="one_view_per_person_and_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> trail.Target:
        return trail.Target("view", self.uid, self.name)
