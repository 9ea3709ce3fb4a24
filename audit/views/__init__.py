from audit.views.jobs import cancel_job, export_job, job, jobs
from audit.views.log import event, history, index

__all__ = ["cancel_job", "event", "export_job", "history", "index", "job", "jobs"]
