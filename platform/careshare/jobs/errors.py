"""How a job fails, and what of it may be written down: never personal data."""

import re
import traceback

import msgspec
from sqlalchemy.exc import DBAPIError

from careshare.errors import DomainError


class JobError(Exception):
    """The job could not be done now; it is tried again. The message is kept and shown, so it must name no person."""


class GiveUpError(JobError):
    """The job can never be done: it is marked failed at once."""


class SupersededError(Exception):
    """The run was given up for lost and another has taken the job over: this one's transaction must not commit."""


def describe(error: BaseException) -> str:
    """What may be kept of an error: our own message, or only its class and where in the data it lies."""
    if isinstance(error, JobError):
        return str(error)
    if isinstance(error, DomainError):
        return error.detail or error.title
    if isinstance(error, DBAPIError):
        cause = getattr(error.orig, "__cause__", None) or error.orig
        named = [getattr(cause, name, None) for name in ("sqlstate", "constraint_name")]
        return " ".join([type(cause).__name__, *(str(part) for part in named if part)])
    if isinstance(error, msgspec.ValidationError):
        where = re.search(r"`(\$[^`]*)`$", str(error))
        return f"the payload is not what the handler expects{f', at {where[1]}' if where else ''}"
    return type(error).__name__


def where(error: BaseException) -> list[str]:
    """The last places in our own code that the error went through, without any value."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-4:]]
