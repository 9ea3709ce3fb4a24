"""The WSGI callable of the intake server, to which the gateway's processes hand batches of generations."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axis_admin.settings")
os.environ.setdefault("AXIS_SURFACE", "gateway")
django.setup()

from axis_admin.gateway import intake  # noqa: E402 - its models need the settings

# What is loaded by now stays: looking through it for cycles, time and again, would hold up every batch.
gc.collect()
gc.freeze()

application = intake.application
