"""Members over the API, under /api/v1/members: what an authority's administrator does, for those who script it."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from careshare.http import Paging, etag, expected_version, once, problems
from careshare.http.paging import DEFAULT_LIMIT, LONGEST
from careshare.http.parameters import Cursor, Http, IdempotencyKey, IfMatch, Limit
from careshare.identity import Principal
from tenants.members import actions, hand_over, queries
from tenants.members.hand_over_pages import house_of
from tenants.members.model import (
    Ending,
    Filters,
    HandOver,
    HandOverRequest,
    Invitation,
    Leaver,
    Member,
    Review,
    RolesChange,
    Settings,
    State,
)

MANAGE = needs("member:manage")
CHANGE = needs("member:manage", step_up=True)
TAGS = ["Members"]
ONE = "/members/{member_id:uuid}"


class MemberPage(msgspec.Struct, frozen=True):
    """Members by name. `next_cursor` leads to the next page; null on the last one."""

    items: list[Member]
    next_cursor: str | None


class MemberSearch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A part of a name or e-mail address, which belongs in no address of a page."""

    q: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    state: State | None = None
    role: str | None = None
    cursor: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=LONGEST)] = DEFAULT_LIMIT


class Leavers(msgspec.Struct, frozen=True):
    """Whose hand-over is not done, then whose was done in the last 30 days."""

    items: list[Leaver]


class Defaults(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The roles of those whom the directory sends without any."""

    default_roles: list[str]


async def _page(
    request: Http, uow: Uow, principal: Principal, filters: Filters, *, cursor: str | None, limit: int
) -> MemberPage:
    asked = msgspec.structs.asdict(filters)
    paging = Paging(request.app.state.settings.secret_key, principal.authority_id, "members", asked)
    after = paging.after(cursor, tuple[UUID])
    rows, more = await queries.members(uow, filters, after=after[0] if after else None, limit=limit)
    return MemberPage(rows, paging.cursor(rows[-1].id) if more else None)


def _answer(found: Member) -> Response[Member]:
    return Response(found, headers={"ETag": etag(found.version)})


@get(
    "/members",
    opt=MANAGE,
    operation_id="listMembers",
    summary="List the authority’s members",
    description="By name. Those who left are listed only with state=left.",
    tags=TAGS,
    responses=problems(),
)
async def list_members(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    standing: Annotated[State | None, QueryParameter(name="state")] = None,
    role: FromQuery[str | None] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> MemberPage:
    return await _page(request, uow, principal, Filters(state=standing, role=role), cursor=cursor, limit=limit)


@post(
    "/members/search",
    opt=MANAGE,
    operation_id="searchMembers",
    summary="Find members by a part of their name or e-mail address",
    tags=TAGS,
    status_code=200,
    responses=problems(),
)
async def search_members(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], data: JSONBody[MemberSearch]
) -> MemberPage:
    filters = Filters(q=data.q, state=data.state, role=data.role)
    return await _page(request, uow, principal, filters, cursor=data.cursor, limit=data.limit)


@post(
    "/members",
    opt=CHANGE,
    operation_id="inviteMember",
    summary="Invite somebody to be a member",
    description="They are sent a link to sign in with, good for fourteen days.",
    tags=TAGS,
    responses=problems(409, 422),
)
async def invite_member(
    request: Http, uow: NamedDependency[Uow], data: JSONBody[Invitation], idempotency_key: IdempotencyKey = None
) -> Response[Member]:
    async def create() -> tuple[Member, str]:
        made = await actions.invite(uow, data)
        return made, f"/api/v1/members/{made.id}"

    return await once(request, uow, idempotency_key, create)  # type: ignore[return-value]  # its bytes are a Member


@get(ONE, opt=MANAGE, operation_id="getMember", summary="Read a member", tags=TAGS, responses=problems(404))
async def get_member(member_id: FromPath[UUID], uow: NamedDependency[Uow]) -> Response[Member]:
    return _answer(await queries.member(uow, member_id))


@put(
    f"{ONE}/roles",
    opt=CHANGE,
    operation_id="setMemberRoles",
    summary="Set a member’s roles",
    description="They hold from the member’s next request on. The last administrator stays one.",
    tags=TAGS,
    responses=problems(404, 409, 412, 422, 428),
)
async def set_roles(
    *,
    member_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    data: JSONBody[RolesChange],
    if_match: IfMatch = None,
) -> Response[Member]:
    version = expected_version(if_match)
    return _answer(await actions.change_roles(uow, member_id, version, data.roles, actor=principal.person_id))


@put(
    f"{ONE}/end",
    opt=CHANGE,
    operation_id="endMember",
    summary="End a membership on a day",
    description="Today is at once: what they were signed in with is refused from then on.",
    tags=TAGS,
    responses=problems(404, 409, 412, 428),
)
async def end_member(
    member_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Ending], if_match: IfMatch = None
) -> Response[Member]:
    return _answer(await actions.end(uow, member_id, expected_version(if_match), data.ends))


@delete(
    f"{ONE}/end",
    opt=CHANGE,
    operation_id="reinstateMember",
    summary="Take the end of a membership back",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 412, 428),
)
async def reinstate_member(
    member_id: FromPath[UUID], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[Member]:
    return _answer(await actions.reinstate(uow, member_id, expected_version(if_match)))


@post(
    f"{ONE}/invitation",
    opt=MANAGE,
    operation_id="resendInvitation",
    summary="Send an invitation again",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 409),
)
async def resend_invitation(member_id: FromPath[UUID], uow: NamedDependency[Uow]) -> Response[Member]:
    return _answer(await actions.resend(uow, member_id))


@get(
    f"{ONE}/holdings",
    opt=needs("member:hand_over"),
    operation_id="listHoldings",
    summary="List what a member holds and what of it was handed over",
    description="`items` is null where you may not see the things themselves.",
    tags=TAGS,
    responses=problems(404),
)
async def list_holdings(
    request: Http, member_id: FromPath[UUID], uow: NamedDependency[Uow], principal: NamedDependency[Principal]
) -> HandOver:
    who = await queries.member(uow, member_id)
    return await hand_over.see(uow, house_of(request), who, principal.permissions)


@post(
    f"{ONE}/hand-over",
    opt=needs("member:hand_over"),
    operation_id="handOver",
    summary="Give what a member holds to a colleague, or tick it off",
    description="Give `to` or `reason`, not both. The colleague needs a role that may hold such things, and is told.",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 409, 422),
)
async def hand_over_holdings(
    *,
    request: Http,
    member_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    data: JSONBody[HandOverRequest],
) -> HandOver:
    who, house = await queries.member(uow, member_id), house_of(request)
    if (data.to is None) == (data.reason is None):
        raise Invalid(errors=[FieldError("to", "Give the colleague who takes over, or the reason why nobody does")])
    if data.to is not None:
        await hand_over.give(uow, house, who, data.kind, data.items, to=data.to)
    else:
        await hand_over.tick_off(uow, house, who, data.kind, data.items, why=data.reason or "")
    return await hand_over.see(uow, house, who, principal.permissions)


@get(
    "/members/leavers",
    opt=needs("member:hand_over"),
    operation_id="listLeavers",
    summary="List who has left and how far their hand-over is",
    tags=TAGS,
    responses=problems(),
)
async def list_leavers(request: Http, uow: NamedDependency[Uow]) -> Leavers:
    return Leavers(await hand_over.leavers(uow, house_of(request)))


@get(
    "/members/review",
    opt=MANAGE,
    operation_id="reviewMembers",
    summary="List whom to look at: never here, long away, left",
    description="Not signed in for 90 days or never, invitations that lapsed, and who left in the last 30 days.",
    tags=TAGS,
    responses=problems(),
)
async def review_members(uow: NamedDependency[Uow]) -> Review:
    return await queries.review(uow)


@get(
    "/membership-settings",
    opt=MANAGE,
    operation_id="getMembershipSettings",
    summary="Read how members come about",
    tags=TAGS,
    responses=problems(),
)
async def get_settings(uow: NamedDependency[Uow]) -> Response[Settings]:
    found = await queries.membership_settings(uow)
    return Response(found, headers={"ETag": etag(found.version)})


@put(
    "/membership-settings",
    opt=CHANGE,
    operation_id="setMembershipSettings",
    summary="Set the roles a directory’s members get by default",
    tags=TAGS,
    responses=problems(412, 422, 428),
)
async def set_settings(
    uow: NamedDependency[Uow], data: JSONBody[Defaults], if_match: IfMatch = None
) -> Response[Settings]:
    found = await actions.set_defaults(uow, expected_version(if_match), data.default_roles)
    return Response(found, headers={"ETag": etag(found.version)})


router = Router(
    "/",
    route_handlers=[
        list_members,
        search_members,
        invite_member,
        get_member,
        set_roles,
        end_member,
        reinstate_member,
        resend_invitation,
        list_holdings,
        hand_over_holdings,
        list_leavers,
        review_members,
        get_settings,
        set_settings,
    ],
)
