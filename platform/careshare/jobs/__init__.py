"""Work that follows a change: a transactional outbox, a worker over arq, schedules.

A job is a row written in the change's own transaction and ended in its handler's own transaction. Between the two it
may be sent more than once, so handlers are idempotent. Redis carries only identifiers and may be lost at any time.
"""

from careshare.jobs.errors import GiveUpError, JobError
from careshare.jobs.outbox import Status, enqueue, status
from careshare.jobs.registry import REGISTRY, SYSTEM, Registry, handler, schedule
from careshare.jobs.run import Run

__all__ = [
    "REGISTRY",
    "SYSTEM",
    "GiveUpError",
    "JobError",
    "Registry",
    "Run",
    "Status",
    "enqueue",
    "handler",
    "schedule",
    "status",
]
