"""The Celery app and the whole beat schedule. Tasks are named by string, so that this file imports none of them."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axis_admin.settings")

app = Celery("axis_admin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Every sweep works over due rows and is safe to run twice, so a missed or doubled beat costs nothing.
app.conf.beat_schedule = {
    "retire secrets whose overlap has ended": {"task": "keys.tasks.end_overlaps", "schedule": 60.0},
    "write down when keys were used last": {"task": "keys.tasks.flush_uses", "schedule": 60.0},
    "open the next billing periods": {"task": "metering.tasks.open_periods", "schedule": crontab(minute="7")},
    "make the ledger's partitions": {"task": "metering.tasks.ensure_partitions", "schedule": crontab(minute="17")},
}
# One that no worker took within a minute is dropped: the next one does its work too.
for _entry in app.conf.beat_schedule.values():
    _entry["options"] = {"expires": 60}
