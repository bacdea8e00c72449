"""The addresses of /scim/v2. They take bearer tokens with the scope scim:provision, and never look at a cookie.

What answers them is loaded with the first request.
"""

from importlib import import_module
from typing import Any

from litestar import HttpMethod, Request, Response, Router, delete, get, patch, post, put, route
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow

Http = Request[Any, Any, Any]
PROVISION = needs("scim:provision")
ROOT = "/scim/v2"
USERS = "/Users"
ONE = "/Users/{user_id:str}"


def _answers() -> Any:
    return import_module("tenants.members.scim.answers")  # its models are large, and most processes never need them


async def _answer(name: str, *given: Any) -> Response[Any]:
    found: Response[Any] = await getattr(_answers(), name)(*given)
    return found


def _refused(_request: Http, error: Exception) -> Response[Any]:
    found: Response[Any] = _answers().refused(error)
    return found


@get("/ServiceProviderConfig", opt=PROVISION, include_in_schema=False)
async def configuration(request: Http) -> Response[Any]:
    """What this service can do."""
    return await _answer("describe", request, "ServiceProviderConfig")


@get(["/ResourceTypes", "/ResourceTypes/{name:str}"], opt=PROVISION, include_in_schema=False)
async def resource_types(request: Http) -> Response[Any]:
    """The kinds of resource: users."""
    return await _answer("describe", request, "ResourceTypes", request.path_params.get("name"))


@get(["/Schemas", "/Schemas/{name:str}"], opt=PROVISION, include_in_schema=False)
async def schemas(request: Http) -> Response[Any]:
    """What a user consists of."""
    return await _answer("describe", request, "Schemas", request.path_params.get("name"))


@get(
    USERS,
    opt=PROVISION,
    include_in_schema=False,
    summary="Let your council’s directory make, change and end members (SCIM 2.0)",
)
async def list_users(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Users, filtered and paged."""
    return await _answer("list_users", request, uow)


@post(f"{USERS}/.search", opt=PROVISION, include_in_schema=False, status_code=200)
async def search_users(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """The same with what is asked in the body."""
    return await _answer("search_users", request, uow)


@post(USERS, opt=PROVISION, include_in_schema=False)
async def create_user(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """A new user."""
    return await _answer("create_user", request, uow)


@get(ONE, opt=PROVISION, include_in_schema=False)
async def get_user(request: Http, uow: NamedDependency[Uow], user_id: FromPath[str]) -> Response[Any]:
    """One user."""
    return await _answer("get_user", request, uow, user_id)


@put(ONE, opt=PROVISION, include_in_schema=False)
async def replace_user(request: Http, uow: NamedDependency[Uow], user_id: FromPath[str]) -> Response[Any]:
    """All of a user anew."""
    return await _answer("replace_user", request, uow, user_id)


@patch(ONE, opt=PROVISION, include_in_schema=False)
async def patch_user(request: Http, uow: NamedDependency[Uow], user_id: FromPath[str]) -> Response[Any]:
    """Parts of a user."""
    return await _answer("patch_user", request, uow, user_id)


@delete(ONE, opt=PROVISION, include_in_schema=False, status_code=200)
async def delete_user(request: Http, uow: NamedDependency[Uow], user_id: FromPath[str]) -> Response[Any]:
    """A user no more."""
    return await _answer("delete_user", request, uow, user_id)


@route(
    "/{rest:path}",
    http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE],
    opt=PROVISION,
    include_in_schema=False,
    status_code=404,
)
async def nothing(rest: FromPath[str]) -> None:
    """What is not here, in SCIM's words."""
    _ = rest
    _answers().nothing()


router = Router(
    ROOT,
    route_handlers=[
        configuration,
        resource_types,
        schemas,
        list_users,
        search_users,
        create_user,
        get_user,
        replace_user,
        patch_user,
        delete_user,
        nothing,
    ],
    opt={"kind": "api"},
    exception_handlers={Exception: _refused, HTTPException: _refused},
)
