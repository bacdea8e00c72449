"""One's own notifications under /api/v1."""

from datetime import datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import Paging, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, Limit
from careshare.identity import Principal
from careshare.notifications import actions, queries

TAGS: Final = ["Notifications"]


class NotificationPage(msgspec.Struct, frozen=True):
    """One's own, the latest first; `unread` counts all of them. `next_cursor` is null on the last page."""

    items: list[queries.Notification]
    unread: int
    next_cursor: str | None


class MarkRead(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which to mark as read; all of one's own where none is named."""

    ids: list[UUID] | None = None


class Unread(msgspec.Struct, frozen=True):
    """How many are left."""

    unread: int


@get(
    "/notifications",
    opt=needs("own:act"),
    operation_id="listNotifications",
    summary="List your notifications",
    description="What newly waits for you: the kind of thing, by when, and the page it is on. Nobody’s name is in it.",
    tags=TAGS,
    responses=problems(),
)
async def list_notifications(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    unread: FromQuery[bool] = False,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> NotificationPage:
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "notifications", {"unread": unread})
    after = paging.after(cursor, tuple[datetime, UUID])
    found = await queries.listed(uow, unread_only=unread, after=after, limit=limit + 1)
    rows = found[:limit]
    last = rows[-1] if len(found) > limit else None
    next_cursor = None if last is None else paging.cursor(last.made_at, last.id)
    return NotificationPage(rows, await queries.unread(uow), next_cursor)


@post(
    "/notifications/read",
    opt=needs("own:act"),
    operation_id="markNotificationsRead",
    summary="Mark your notifications as read",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(),
)
async def mark_notifications_read(*, uow: NamedDependency[Uow], data: JSONBody[MarkRead]) -> Unread:
    await actions.mark_read(uow, data.ids)
    return Unread(await queries.unread(uow))


@get(
    "/notification-choice",
    opt=needs("own:act"),
    operation_id="getNotificationChoice",
    summary="Read whether you get e-mails with your notifications",
    tags=TAGS,
    responses=problems(),
)
async def get_choice(*, uow: NamedDependency[Uow]) -> actions.Choice:
    return actions.Choice(await queries.choice(uow))


@put(
    "/notification-choice",
    opt=needs("own:act"),
    operation_id="chooseNotifications",
    summary="Choose whether you get e-mails with your notifications",
    tags=TAGS,
    responses=problems(),
)
async def put_choice(*, uow: NamedDependency[Uow], data: JSONBody[actions.Choice]) -> actions.Choice:
    await actions.choose(uow, data)
    return data


router = Router("/", route_handlers=[list_notifications, mark_notifications_read, get_choice, put_choice])
