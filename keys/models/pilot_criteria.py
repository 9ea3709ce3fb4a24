from django.db import models

from keys import criteria
from keys.pilots import Pilot
from orgs import texts


class PilotCriterion(models.Model):
    """One line of what a pilot has to show: a goal that is measured, or words that a person ticks."""

    pilot = models.ForeignKey(Pilot, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=criteria.Kind)
    goal = models.PositiveBigIntegerField(null=True, blank=True)
    text = models.CharField(max_length=criteria.LONGEST, blank=True, validators=[texts.one_line])
    ticked_at = models.DateTimeField(null=True, blank=True)
    ticked_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pilot_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["pilot", "position"], name="one_criterion_per_line"),
            models.CheckConstraint(
                condition=models.Q(kind="words", goal__isnull=True, text__gt="")
                | (~models.Q(kind="words") & models.Q(goal__gt=0, text="")),
                name="a_criterion_has_a_goal_or_words",
            ),
            models.CheckConstraint(
                condition=models.Q(ticked_at__isnull=True, ticked_by="")
                | models.Q(kind="words", ticked_at__isnull=False),
                name="only_words_are_ticked",
            ),
        ]

    def __str__(self) -> str:
        return str(self.line)

    @property
    def line(self) -> criteria.Criterion:
        """What it says, as the rule reads it."""
        return criteria.Criterion(criteria.Kind(self.kind), self.goal, self.text)
