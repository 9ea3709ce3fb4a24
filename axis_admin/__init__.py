"""Axis Admin: who may use the Axis API, how much of it, and what they used."""

from axis_admin.celery import app as celery_app

__all__ = ["celery_app"]
