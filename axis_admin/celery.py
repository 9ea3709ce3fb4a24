"""The Celery app and the whole beat schedule. Tasks are named by string, so that this file imports none of them."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "axis_admin.settings")

app = Celery("axis_admin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Every sweep works over due rows and is safe to run twice, so a missed or doubled beat costs nothing. One that no
# worker took within a minute is dropped: the next one does its work too.
SWEEPS = {
    "take up jobs that nobody runs": ("audit.tasks.take_up_jobs", 60.0),
    "remove jobs that ended long ago": ("audit.tasks.forget_jobs", crontab(minute="27", hour="3")),
    "let scheduled secrets begin": ("keys.tasks.begin_rotations", 60.0),
    "count overlaps from the first use of the new secret": ("keys.tasks.begin_overlaps", 60.0),
    "retire secrets whose overlap has ended": ("keys.tasks.end_overlaps", 60.0),
    "wipe one-time links that ran out": ("keys.tasks.end_links", 60.0),
    "write down who used which key, and what was decided": ("keys.tasks.flush_uses", 60.0),
    "tell what expires": ("keys.tasks.note_expiries", 300.0),
    "mail what contacts are to be told": ("orgs.tasks.send_notices", 20.0),
    "forget the mails of long ago": ("orgs.tasks.forget_notices", crontab(hour="3", minute="27")),
    "begin and end reservations, and holds that ran out": ("orgs.tasks.keep_reservations", 60.0),
    "make the days of the pools": ("orgs.tasks.make_pool_days", crontab(minute="47")),
    "let go of old counts and refusals": ("keys.tasks.forget_old_counts", crontab(minute="37")),
    "record which limits began or ended": ("keys.tasks.record_limit_changes", 60.0),
    "retire old secrets of gateways": ("keys.tasks.end_gateway_overlaps", 60.0),
    "forget what the change feed no longer tells": ("keys.tasks.forget_feed", crontab(minute="37")),
    "record which pilots ended": ("keys.tasks.record_pilot_ends", 60.0),
    "tell which pilots end soon": ("keys.tasks.warn_of_pilot_ends", 300.0),
    "tell which pilots are close to their cap": ("metering.tasks.warn_of_pilot_caps", 300.0),
    "look at what runs in the pools": ("keys.tasks.sample_pools", 60.0),
    "measure how long jobs take": ("metering.tasks.measure_jobs", crontab(minute="57")),
    "make the counters of quotas equal to the ledger": ("metering.tasks.reconcile_windows", 60.0),
    "measure how the last days went": ("metering.tasks.measure_sla", 300.0),
    "measure old days anew that were reported late": ("metering.tasks.measure_old_sla", crontab(minute="22")),
    "sum the days that are over": ("metering.tasks.sum_days", 300.0),
    "take up exports that nobody makes": ("metering.tasks.take_up_exports", 60.0),
    "remove exports whose time is over": ("metering.tasks.forget_exports", crontab(minute="42")),
    "tell how much of what is included is used": ("metering.tasks.warn_of_usage", 300.0),
    "open the next billing periods": ("metering.tasks.open_periods", crontab(minute="7")),
    "look at what is in the way of billing periods": ("metering.tasks.check_periods", 60.0),
    "take billing periods on to their next state": ("metering.tasks.advance_periods", 60.0),
    "forget idempotency keys": ("metering.tasks.forget_claims", crontab(minute="47")),
    "make the ledger's partitions": ("metering.tasks.ensure_partitions", crontab(minute="17")),
}
# Assigned whole: reading the configuration here would load the settings while they may still refuse to.
app.conf.beat_schedule = {
    name: {"task": task, "schedule": schedule, "options": {"expires": 60}} for name, (task, schedule) in SWEEPS.items()
}
