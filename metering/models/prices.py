from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from metering.models.contracts import Contract
from metering.models.generations import Generation


class ContractPrice(models.Model):
    """A line of a contract's price list: what a cost unit of an API version costs, at these resolutions or any other.

    Never changed: a list is written anew as long as it may be, which its trigger knows. So it does that no resolution
    stands in two lines, and that tiers rise to one without an end.
    """

    class Model(models.TextChoices):
        FLAT = "flat", "Flat"
        GRADUATED = "graduated", "Graduated"

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="prices")
    position = models.PositiveSmallIntegerField()
    api_version = models.CharField(max_length=8, choices=Generation.ApiVersion)
    # Empty: every resolution that no other line of the version names.
    resolutions = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    name = models.CharField(max_length=80)
    model = models.CharField(max_length=9, choices=Model)
    # Of billed cost units: [{"up_to": 100000, "price": "0.0140"}, {"up_to": null, "price": "0.0120"}].
    tiers: "models.JSONField[list[dict[str, Any]], list[dict[str, Any]]]" = models.JSONField()

    class Meta:
        ordering = ["contract_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "position"], name="a_price_list_has_an_order"),
            models.UniqueConstraint(
                fields=["contract", "api_version"],
                condition=models.Q(resolutions=[]),
                name="one_price_for_all_other_resolutions",
            ),
        ]

    def __str__(self) -> str:
        return self.name
