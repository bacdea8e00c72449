"""The answers to each request of a directory, and its refusals, as SCIM has them (RFC 7644)."""

from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from pydantic import ValidationError
from scim2_models import (
    Error,
    InvalidValueException,
    NotFoundException,
    PreconditionFailedException,
    ResponseParameters,
    SCIMException,
    SearchRequest,
)

from careshare.database import Uow
from careshare.errors import DomainError
from careshare.http.problems import domain_error
from careshare.settings import Settings
from tenants.members.scim import service, store, users
from tenants.members.scim.users import DirectoryUser, Refused

MEDIA_TYPE: Final = "application/scim+json"
DEFAULT_COUNT: Final = 100

Http = Request[Any, Any, Any]
Answer = Response[bytes]

log = structlog.get_logger(__name__)


def root(request: Http) -> str:
    """Where this service is: https://careshare.example/scim/v2."""
    settings: Settings = request.app.state.settings
    return f"{settings.public_url or str(request.base_url).rstrip('/')}/scim/v2"


def answer(content: Any, status: int = HTTPStatus.OK, **headers: str) -> Answer:
    """SCIM's JSON."""
    body = b"" if content is None else msgspec.json.encode(content)
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def refused(error: Exception) -> Answer:
    """Any error in SCIM's form; a fault of ours says nothing of its cause."""
    headers: dict[str, str] = {}
    match error:
        case SCIMException():
            found = error.to_error()
        case Refused():
            found = error.error
        case ValidationError():
            found = users.first_error(error)
        case _:
            known = domain_error(error)
            if known is None:
                log.error("unexpected error", error=type(error).__name__, exc_info=error)
            found, headers = _error_of(known), _headers_of(known, error)
    status = int(found.status or HTTPStatus.BAD_REQUEST)
    return Response(found.model_dump_json().encode(), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _error_of(known: DomainError | None) -> Error:
    if known is None:
        return Error(status=HTTPStatus.INTERNAL_SERVER_ERROR, detail="Something went wrong on our side")
    unique = known.status == HTTPStatus.CONFLICT and any(one.field in {"userName", "email"} for one in known.errors)
    detail = known.detail or known.title
    if known.errors:
        detail = "; ".join(one.message for one in known.errors)
    return Error(status=known.status, scim_type="uniqueness" if unique else None, detail=detail)


def _headers_of(known: DomainError | None, error: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    if known is not None and known.retry_after is not None:
        headers["Retry-After"] = str(known.retry_after)
    if known is not None and known.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="careshare"'
    if isinstance(error, HTTPException) and error.headers:
        headers.update(error.headers)
    return headers


def _shown(request: Http, row: store.Row, status: int = HTTPStatus.OK) -> Answer:
    address = f"{root(request)}/Users"
    content = service.dumped(users.user_of(row, address), **_parameters(_asked(request)))
    version = users.etag(row["version"])
    return answer(content, status, ETag=version, Location=f"{address}/{row['id']}")


def _parameters(given: dict[str, str]) -> dict[str, Any]:
    wanted = {name: given[name] for name in ("attributes", "excludedAttributes") if given.get(name)}
    if not wanted:
        return {}
    return {"response_parameters": ResponseParameters[DirectoryUser].model_validate(wanted)}


def _version(request: Http) -> int | None:
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    digits = given.strip().removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise PreconditionFailedException(detail="If-Match is not an ETag of this user")
    return int(digits)


def _number(given: str | None, name: str, default: int) -> int:
    if given is None or given == "":
        return default
    try:
        return int(given)
    except ValueError:
        raise InvalidValueException(detail=f"{name} is a whole number") from None


def _asked(request: Http) -> dict[str, str]:
    return dict(request.query_params.multi_items())


async def list_users(request: Http, uow: Uow) -> Answer:
    """GET /Users."""
    return await _listed(request, uow, _asked(request))


async def search_users(request: Http, uow: Uow) -> Answer:
    """POST /Users/.search: the same with what is asked in the body, where no log keeps it."""
    body = users.read(await request.body())
    SearchRequest[DirectoryUser].model_validate(body)
    given = {name: _spelt(value) for name, value in body.items()}
    return await _listed(request, uow, given)


def _spelt(value: Any) -> str:
    """A value as it would stand in an address."""
    several: list[Any] = [*value] if isinstance(value, list) else [value]
    return ",".join(str(one) for one in several)


async def _listed(request: Http, uow: Uow, given: dict[str, str]) -> Answer:
    start = max(1, _number(given.get("startIndex"), "startIndex", 1))
    count = min(max(0, _number(given.get("count"), "count", DEFAULT_COUNT)), service.MOST_RESULTS)
    total, rows = await store.search(uow, given.get("filter"), start, count)
    address, parameters = f"{root(request)}/Users", _parameters(given)
    items = [service.dumped(users.user_of(row, address), **parameters) for row in rows]
    return answer(service.listed(items, total, start))


async def get_user(request: Http, uow: Uow, user_id: str) -> Answer:
    """GET /Users/{id}."""
    row = await store.find(uow, users.identifier(user_id))
    if request.headers.get("if-none-match") == users.etag(row["version"]):
        return answer(None, HTTPStatus.NOT_MODIFIED, ETag=users.etag(row["version"]))
    return _shown(request, row)


async def create_user(request: Http, uow: Uow) -> Answer:
    """POST /Users."""
    wanted = users.created(users.read(await request.body()))
    return _shown(request, await store.create(uow, wanted), HTTPStatus.CREATED)


async def replace_user(request: Http, uow: Uow, user_id: str) -> Answer:
    """PUT /Users/{id}."""
    there = await store.find(uow, users.identifier(user_id))
    wanted = users.replaced(users.read(await request.body()))
    return _shown(request, await store.change(uow, there["id"], wanted, _version(request)))


async def patch_user(request: Http, uow: Uow, user_id: str) -> Answer:
    """PATCH /Users/{id}."""
    there = await store.find(uow, users.identifier(user_id))
    wanted = users.patched(users.read(await request.body()), users.user_of(there, f"{root(request)}/Users"))
    return _shown(request, await store.change(uow, there["id"], wanted, _version(request)))


async def delete_user(request: Http, uow: Uow, user_id: str) -> Answer:
    """DELETE /Users/{id}."""
    _ = request
    await store.remove(uow, users.identifier(user_id))
    return answer(None, HTTPStatus.NO_CONTENT)


async def describe(request: Http, what: str, name: str | None = None) -> Answer:
    """The discovery endpoints; with `name`, one of those listed."""
    if what == "ServiceProviderConfig":
        return answer(service.configuration(root(request)))
    if "filter" in request.query_params:
        raise Refused(Error(status=HTTPStatus.FORBIDDEN, detail="Nothing here is filtered (RFC 7644 section 4)"))
    items = service.resource_types(root(request)) if what == "ResourceTypes" else service.schemas(root(request))
    if name is None:
        return answer(service.listed(items, len(items)))
    found = next((one for one in items if name in {one.get("id"), one.get("name")}), None)
    if found is None:
        raise NotFoundException(detail=f"There is no {name} here")
    return answer(found)


def nothing() -> None:
    """An address that leads to nothing."""
    raise NotFoundException(detail="There is nothing at this address")
