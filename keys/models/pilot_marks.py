from django.db import models

from keys.pilots import Pilot


class PilotMark(models.Model):
    """How far the end of a pilot and the use of its cap have been told: 14, 7, 1 days before; 80 % of the cap.

    Of another end or another cap than the pilot has now, it counts as none. Unguarded: the sweep's memory, and no
    state of the pilot.
    """

    pilot = models.OneToOneField(Pilot, on_delete=models.PROTECT, related_name="mark")
    ends_at = models.DateTimeField(null=True)
    days_before = models.PositiveSmallIntegerField(null=True)
    cap = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.pilot_id}: {self.days_before} days before {self.ends_at}, of a cap of {self.cap}"
