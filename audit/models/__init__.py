from audit.models.events import NEWEST, SEARCHED, ClockTime, CurrentTransaction, Event, SearchDocument, TransactionId
from audit.models.jobs import Job, JobItem

__all__ = [
    "NEWEST",
    "SEARCHED",
    "ClockTime",
    "CurrentTransaction",
    "Event",
    "Job",
    "JobItem",
    "SearchDocument",
    "TransactionId",
]
