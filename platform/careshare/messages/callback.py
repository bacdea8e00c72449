"""Where GOV.UK Notify reports what became of a message. It shows the token that it was given for this."""

import hmac
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, post
from litestar.params import JSONBody
from sqlalchemy import text

from careshare.access import public
from careshare.database import Database
from careshare.errors import NotFound, Unauthenticated
from careshare.messages.senders import NOTIFY, outcome
from careshare.settings import Settings

SETTLE = text("select messages.settle(:message, :provider, :state, :reason)")


class Report(msgspec.Struct):
    """What Notify sends, of which only these are read; it holds the number or address too, which are not kept."""

    id: str
    reference: str | None
    status: str


@post(
    "/messages/notify",
    opt=public("GOV.UK Notify has no account; it shows a token that only it was given."),
    include_in_schema=False,
    status_code=204,
)
async def reported(request: Request[Any, Any, Any], data: JSONBody[Report]) -> None:
    """Keep what became of one of our messages. What is not ours, or settled already, is passed over."""
    settings: Settings = request.app.state.settings
    token = settings.post.callback_token
    if not token:
        raise NotFound
    shown = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(shown.encode(), token.encode()):
        raise Unauthenticated
    found = outcome(data.status)
    try:
        message = UUID(data.reference or "")
    except ValueError:
        return
    if found is not None:
        database: Database = request.app.state.database
        async with database.unbound() as uow:
            await uow.execute(SETTLE, {"message": message, "provider": NOTIFY, "state": found[0], "reason": found[1]})


router = Router("/", route_handlers=[reported])
