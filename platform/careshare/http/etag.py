"""Versions as ETags: a change names the version it was made from, so that nobody overwrites what they did not see."""

from careshare.errors import FieldError, Invalid, PreconditionRequired


def etag(version: int) -> str:
    """The ETag of a record's version."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int:
    """The version in an If-Match header; raises PreconditionRequired without one and Invalid when it is malformed."""
    if if_match is None:
        raise PreconditionRequired
    value = if_match.strip().removeprefix("W/")
    if len(value) > 2 and value[0] == value[-1] == '"' and value[1:-1].isascii() and value[1:-1].isdigit():
        number = int(value[1:-1])
        if number < 2**31:
            return number
    message = 'If-Match must be the ETag you were given with the record, like "3".'
    raise Invalid(message, errors=[FieldError("If-Match", message)])
