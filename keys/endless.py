"""Times that stand for none, so that a list in their order has an end. Written out, as they stand in the indexes."""

from django.db import models


class Epoch(models.Func):
    """Before every use: never."""

    template = "'epoch'::timestamptz"
    output_field = models.DateTimeField()


class Infinity(models.Func):
    """After every expiry: no end."""

    template = "'infinity'::timestamptz"
    output_field = models.DateTimeField()
