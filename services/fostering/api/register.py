"""The register: find households, register one, read one, change who, where and what it is."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from careshare.access import needs
from careshare.database import Uow
from careshare.http import Paging, expected_version, once, problems
from careshare.http.paging import DEFAULT_LIMIT, LONGEST
from careshare.http.parameters import Http, IdempotencyKey, IfMatch, Limit
from careshare.identity import Principal
from services.fostering import actions
from services.fostering.actions.home import current
from services.fostering.api.common import HOUSEHOLD, ROOT, TAGS, answer
from services.fostering.model import CODE, GSS, PHONE, Abilities, Code, Consent, Home
from services.fostering.queries import Filters, open_confidential, placed_after, register, seen_household
from services.fostering.queries.opening import PERMISSION
from services.fostering.records import HouseholdRecord, HouseholdRow

Reason = Literal["placement", "visit", "emergency", "review", "correction"]


class HouseholdPage(msgspec.Struct, frozen=True):
    """Households by name. `next_cursor` leads to the next page; null on the last one."""

    items: list[HouseholdRow]
    next_cursor: str | None


class HouseholdSearch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A text to look for in names, references and addresses, with the list's other filters.

    It is sent in the body because a name must not stand in an address. Confidential addresses are not looked at.
    """

    q: Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["Okafor"])]
    places: Literal["filled", "vacant", "held", "not_available"] | None = None
    published: bool | None = None
    area: Annotated[str, msgspec.Meta(pattern=GSS, examples=["E08000021"])] | None = None
    care_type: Annotated[str, msgspec.Meta(pattern=CODE, examples=["short_term"])] | None = None
    stale: bool | None = None
    due: bool | None = None
    cursor: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=LONGEST)] = DEFAULT_LIMIT


class HouseholdPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is left out stays as it is.

    A `supervising_worker` without a `supervising_person_id` is somebody without an account.
    """

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | UnsetType = UNSET
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | UnsetType = UNSET
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=300)] | UnsetType = UNSET
    postcode: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | UnsetType = UNSET
    supervising_person_id: UUID | UnsetType | None = UNSET
    supervising_worker: Annotated[str, msgspec.Meta(max_length=120)] | UnsetType = UNSET
    duty_number: Annotated[str, msgspec.Meta(max_length=30, pattern=PHONE)] | UnsetType = UNSET
    privacy_notice_on: date | UnsetType | None = UNSET
    objection: bool | UnsetType = UNSET
    beliefs_shared: bool | UnsetType = UNSET
    pets: Annotated[list[Code], msgspec.Meta(max_length=20)] | UnsetType | None = UNSET
    skills: Annotated[list[Code], msgspec.Meta(max_length=50)] | UnsetType = UNSET
    communication: Annotated[list[Code], msgspec.Meta(max_length=20)] | UnsetType = UNSET
    adaptations: Annotated[list[Code], msgspec.Meta(max_length=20)] | UnsetType = UNSET
    solo: bool | UnsetType | None = UNSET


_HOME = frozenset(Home.__struct_fields__)
_CONSENT = frozenset(Consent.__struct_fields__)
_ABILITIES = frozenset(Abilities.__struct_fields__)


async def _page(
    request: Http, uow: Uow, principal: Principal, filters: Filters, *, cursor: str | None, limit: int
) -> HouseholdPage:
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "households", msgspec.structs.asdict(filters))
    last = paging.after(cursor, tuple[UUID])
    after = await placed_after(uow, last[0]) if last else None
    rows, more = await register(uow, filters, seen=False, after=after, limit=limit)
    return HouseholdPage(rows, paging.cursor(rows[-1].id) if more else None)


@get(
    "/households",
    opt=needs("household:read"),
    operation_id="listHouseholds",
    summary="List your authority’s households",
    description="By name. Confidential addresses are never part of a list, nor filtered by.",
    tags=TAGS,
    responses=problems(),
)
async def list_households(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    places: FromQuery[Literal["filled", "vacant", "held", "not_available"] | None] = None,
    published: FromQuery[bool | None] = None,
    area: Annotated[str | None, QueryParameter(pattern=GSS)] = None,
    care_type: Annotated[str | None, QueryParameter(pattern=CODE)] = None,
    stale: FromQuery[bool | None] = None,
    due: FromQuery[bool | None] = None,
    cursor: Annotated[str | None, QueryParameter(max_length=1000)] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> HouseholdPage:
    filters = Filters(places=places, published=published, area=area, care_type=care_type, stale=stale, due=due)
    return await _page(request, uow, principal, filters, cursor=cursor, limit=limit)


@post(
    "/households/search",
    opt=needs("household:read"),
    operation_id="searchHouseholds",
    summary="Find households by a text",
    description="As the list, narrowed by a name, a reference or an address that is not confidential.",
    tags=TAGS,
    status_code=200,
    responses=problems(),
)
async def search_households(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], data: JSONBody[HouseholdSearch]
) -> HouseholdPage:
    given = {name: getattr(data, name) for name in Filters.__struct_fields__}
    return await _page(request, uow, principal, Filters(**given), cursor=data.cursor, limit=data.limit)


@post(
    "/households",
    opt=needs("household:change"),
    operation_id="registerHousehold",
    summary="Register a household",
    description="It has no approval and no places yet: set them next. Its address is looked up by the postcode.",
    tags=TAGS,
    responses=problems(409),
)
async def register_household(
    request: Http, uow: NamedDependency[Uow], data: JSONBody[Home], idempotency_key: IdempotencyKey = None
) -> Response[HouseholdRecord]:
    async def create() -> tuple[HouseholdRecord, str]:
        made, _version = await actions.register_household(uow, data)
        return await seen_household(uow, made), f"{ROOT}/{made}"

    return await once(request, uow, idempotency_key, create)  # type: ignore[return-value]  # the record, encoded


@get(
    HOUSEHOLD,
    opt=needs("household:read"),
    operation_id="getHousehold",
    summary="Read a household in full",
    description=(
        "Where the address is confidential it is withheld (`address_withheld`), unless the caller may see it and says "
        "why by `reason`, which is recorded and stands for 15 minutes. For that the caller must have confirmed lately "
        "that it is them, else the answer is 401 `step-up-required`."
    ),
    tags=TAGS,
    responses=problems(404),
)
async def get_household(
    household_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    reason: FromQuery[Reason | None] = None,
) -> Response[HouseholdRecord]:
    record = await seen_household(uow, household_id)
    if reason is not None and record.address_withheld and principal.may(PERMISSION):
        await open_confidential(uow, household_id, reason)
        record = await seen_household(uow, household_id)
    return answer(record)


@patch(
    HOUSEHOLD,
    opt=needs("household:change"),
    operation_id="changeHousehold",
    summary="Change who, where and what a household is",
    description="An objection, or the loss of the privacy notice, withdraws a published household at once.",
    tags=TAGS,
    responses=problems(404, 409, 412, 428),
)
async def change_household(
    household_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[HouseholdPatch], if_match: IfMatch = None
) -> Response[HouseholdRecord]:
    version: int | None = expected_version(if_match)
    record = await seen_household(uow, household_id)
    given = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
    if "supervising_worker" in given:
        same = given["supervising_worker"] == record.supervising_worker
        given.setdefault("supervising_person_id", record.supervising_person_id if same else None)
    stands: dict[str, Any] = {**await current(uow, household_id), **given}
    if given.keys() & _HOME or not given:
        home = Home(**{name: stands[name] for name in _HOME})
        moves = bool(given.keys() & {"address", "postcode"})
        change = actions.change_home if moves else actions.change_contacts
        await change(uow, household_id, version, home, may_see=not record.address_withheld)
        version = None
    if given.keys() & _CONSENT:
        consent = Consent(**{name: stands[name] for name in _CONSENT})
        await actions.change_consent(uow, household_id, version, consent)
        version = None
    if given.keys() & _ABILITIES:
        await actions.change_abilities(
            uow, household_id, version, Abilities(**{name: stands[name] for name in _ABILITIES})
        )
    return answer(await seen_household(uow, household_id))


handlers = [list_households, search_households, register_household, get_household, change_household]
