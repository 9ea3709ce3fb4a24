"""The Celery app and the whole beat schedule. Tasks are named by string, so that this file imports none of them."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axis_admin.settings")

app = Celery("axis_admin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Every sweep works over due rows and is safe to run twice, so a missed or doubled beat costs nothing.
app.conf.beat_schedule = {}
