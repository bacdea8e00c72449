"""Parameters that the API's routes have in common, described once."""

from typing import Annotated, Any

from litestar import Request
from litestar.params import HeaderParameter, QueryParameter

from careshare.http.paging import LONGEST

Http = Request[Any, Any, Any]
Cursor = Annotated[
    str | None,
    QueryParameter(description="`next_cursor` of the page before.", max_length=1000, required=False),
]
Limit = Annotated[int, QueryParameter(description="How many at most.", ge=1, le=LONGEST, required=False)]
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match", description='The ETag of what you change as you read it, like "3".', required=False
    ),
]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="The same key with the same request creates one thing and gets the same answer, for a day.",
        required=False,
    ),
]
