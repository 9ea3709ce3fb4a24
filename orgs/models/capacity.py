"""Dedicated capacity: pools, what each holds on each day, and who has reserved it. All days are days of UTC."""

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.utils import timezone

from audit import trail
from orgs import identifiers, policy, texts
from orgs.capacity import spans
from orgs.models.organizations import Organization

if TYPE_CHECKING:
    from datetime import date, datetime

    from orgs.models.staff import Staff


class CapacityPoolQuerySet(models.QuerySet["CapacityPool"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "CapacityPoolQuerySet":
        """Keep all pools, or none: they belong to no organization."""
        return self if policy.can(user, permission) else self.none()


class CapacityPool(models.Model):
    """Machines of one API version in one region, divided into units that organizations can reserve."""

    class ApiVersion(models.TextChoices):
        V1 = "v1", "v1"
        V2 = "v2", "v2"

    code = models.SlugField(max_length=40, unique=True)
    api_version = models.CharField("API version", max_length=8, choices=ApiVersion)
    region = models.CharField(max_length=40, validators=[texts.one_line])
    unit_name = models.CharField(max_length=40, default="unit", validators=[texts.one_line])
    jobs_per_unit = models.PositiveIntegerField("running jobs per unit")
    generations_per_minute_per_unit = models.PositiveIntegerField("generations a minute per unit")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CapacityPoolQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(jobs_per_unit__gt=0, generations_per_minute_per_unit__gt=0),
                name="a_unit_is_worth_something",
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def target(self) -> trail.Target:
        return trail.Target("pool", self.code, self.code)


class PoolDay(models.Model):
    """What a pool holds on one day, and how much of it is reserved.

    The database writes `reserved` from the reservations, and refuses more than there is; nothing else may.
    """

    pool = models.ForeignKey(CapacityPool, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    capacity = models.PositiveIntegerField()
    reserved = models.IntegerField(default=0)

    class Meta:
        ordering = ["pool_id", "day"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "day"], name="one_row_per_day_of_a_pool"),
            models.CheckConstraint(
                condition=models.Q(reserved__gte=0, reserved__lte=models.F("capacity")),
                name="no_more_is_reserved_than_there_is",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool} on {self.day}: {self.reserved} of {self.capacity}"


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def for_user(self, user: "Staff", permission: policy.Permission) -> "ReservationQuerySet":
        """Keep those of organizations that the person sees and in which they hold the permission."""
        seen = policy.scope(user, policy.Permission.ORGANIZATION_SEE).as_q("organization__")
        return self.filter(seen & policy.scope(user, permission).as_q("organization__"))

    def standing(self, *, at: "datetime") -> "ReservationQuerySet":
        """Keep those that hold units now or on a day to come; a hold that has run out does not, swept or not."""
        return self.exclude(_lapsed(at)).filter(released_on=None, days__endswith__gt=spans.day_of(at))

    def holds(self, *, at: "datetime") -> "ReservationQuerySet":
        """Keep the holds that have not run out."""
        return self.filter(state=Reservation.State.HOLD, hold_expires_at__gt=at)

    def lapsed(self, *, at: "datetime") -> "ReservationQuerySet":
        """Keep the holds that have run out and are still to be ended."""
        return self.filter(_lapsed(at))

    def holding(self, *, at: "datetime") -> "ReservationQuerySet":
        """Keep those that hold units on some day, or held them on days that have passed."""
        kept = models.Q(released_on=None) | models.Q(released_on__gt=models.F("days__startswith"))
        return self.exclude(_lapsed(at)).filter(kept)

    def over(self, *, on: "date") -> "ReservationQuerySet":
        """Keep the active ones whose last day has passed and that are still to be ended."""
        return self.filter(state=Reservation.State.ACTIVE, days__endswith__lte=on)

    def to_begin(self, *, on: "date") -> "ReservationQuerySet":
        """Keep the active ones whose first day has come and that nobody has recorded as begun."""
        return self.filter(state=Reservation.State.ACTIVE, begun_at=None, days__startswith__lte=on)

    def touching(self, first: "date", end: "date") -> "ReservationQuerySet":
        """Keep those that lie in the days from `first` up to, and without, `end`."""
        return self.filter(days__overlap=(first, end))


class Reservation(models.Model):
    """Units of a pool that an organization has for a range of days, or holds until it has decided."""

    class State(models.TextChoices):
        HOLD = "hold", "Hold"
        ACTIVE = "active", "Active"
        CANCELLED = "cancelled", "Cancelled"
        ENDED = "ended", "Ended"

    class Overflow(models.TextChoices):
        SHARED = "shared", "Shared room"
        REFUSE = "refuse", "Refused"

    uid = models.CharField(max_length=24, unique=True, default=identifiers.reservation_uid, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="reservations")
    pool = models.ForeignKey(CapacityPool, on_delete=models.PROTECT, related_name="reservations")
    units = models.PositiveIntegerField()
    # `[)`: the day after the last one ends it.
    days = DateRangeField()
    state = models.CharField(max_length=12, choices=State)
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    # From this day on its units are free again; set where it is over.
    released_on = models.DateField(null=True, blank=True)
    # When its beginning was recorded.
    begun_at = models.DateTimeField(null=True, blank=True)
    overflow = models.CharField("beyond it", max_length=8, choices=Overflow, default=Overflow.SHARED)
    contract_ref = models.CharField("contract", max_length=80, blank=True, validators=[texts.one_line])
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        ordering = ["days", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(units__gt=0), name="a_reservation_has_units"),
            models.CheckConstraint(
                condition=models.Q(days__isempty=False, days__lower_inf=False, days__upper_inf=False),
                name="a_reservation_has_a_first_and_a_last_day",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="hold") | models.Q(hold_expires_at__isnull=False),
                name="a_hold_says_until_when",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["hold", "active"], released_on__isnull=True)
                | models.Q(state__in=["cancelled", "ended"], released_on__isnull=False),
                name="a_reservation_that_is_over_says_since_when",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "state"], name="reservations_of_an_org"),
            models.Index(fields=["hold_expires_at"], condition=models.Q(state="hold"), name="reservation_holds_by_end"),
        ]

    def __str__(self) -> str:
        units = "1 unit" if self.units == 1 else f"{self.units} units"
        return f"{units} in {self.pool.code}, {self.span}"

    @property
    def span(self) -> spans.Span:
        return spans.of(self.days)

    @property
    def held(self) -> spans.Span | None:
        """The days on which its units are its own; None where it was given back before it began."""
        last = self.span.last if self.released_on is None else min(self.span.last, self.released_on - spans.DAY)
        return spans.Span(self.span.first, last) if last >= self.span.first else None

    def covers(self, day: "date") -> bool:
        """Say whether the day is one of its days."""
        return self.span.first <= day <= self.span.last

    @property
    def jobs(self) -> int:
        """Jobs of the organization that may run at once in it."""
        return self.units * self.pool.jobs_per_unit

    @property
    def rate(self) -> int:
        """Generations a minute that its units are good for."""
        return self.units * self.pool.generations_per_minute_per_unit

    @property
    def target(self) -> trail.Target:
        return trail.Target("reservation", self.uid, str(self))

    def state_at(self, at: "datetime") -> str:
        """Its state by the clock: what has run out is ended, though the sweep has still to say so."""
        is_over = self.span.last < spans.day_of(at) or self.has_lapsed(at)
        return self.State.ENDED if self.released_on is None and is_over else self.state

    def begins(self, at: "datetime") -> "date | None":
        """Its first day, while that lies ahead."""
        return self.span.first if self.span.first > spans.day_of(at) else None

    def has_lapsed(self, at: "datetime") -> bool:
        """Say whether it is a hold whose time is up."""
        ends: Any = self.hold_expires_at
        return self.state == self.State.HOLD and ends <= at


class PoolHour(models.Model):
    """What ran in a pool within one hour: of one organization in its reservation, or in the shared room (no one's).

    Telemetry; written by `actions.capacity.note_utilisation`.
    """

    pool = models.ForeignKey(CapacityPool, on_delete=models.PROTECT, related_name="hours")
    organization = models.ForeignKey(Organization, null=True, on_delete=models.PROTECT, related_name="+")
    hour = models.DateTimeField()
    peak_jobs = models.PositiveIntegerField()
    job_seconds = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["hour"]
        constraints = [
            models.UniqueConstraint(
                fields=["pool", "hour", "organization"], nulls_distinct=False, name="one_row_per_hour_of_a_pool"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pool} {self.hour:%Y-%m-%d %H}:00"


def _lapsed(at: "datetime") -> models.Q:
    return models.Q(state=Reservation.State.HOLD, hold_expires_at__lte=at)
