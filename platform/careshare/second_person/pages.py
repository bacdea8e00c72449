"""What waits for a second person: a list, and a page to read and agree to each.

Nobody agrees to what they asked for themselves; the database's functions refuse it, whatever a page shows.
"""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.clients import actions, words
from careshare.clients.pages import secret_page
from careshare.clients.queries import client, clients
from careshare.database import Uow
from careshare.errors import Invalid
from careshare.identity import Principal
from careshare.second_person.telling import PATH, SECONDS
from careshare.service import NavigationItem
from careshare.signin import requests
from careshare.web import notice, page, read_form, redirect

Http = Request[Any, Any, Any]

PERMISSION: Final = "second_person:agree"
PERMISSIONS: Final = {PERMISSION: SECONDS}
"""Never lent: `careshare.access.permissions.NEVER_LENT`."""
NAVIGATION: Final = NavigationItem(
    "Second person", PATH, PERMISSION, "What an administrator asked for and somebody else must agree to."
)
READ: Final = needs(PERMISSION)
AGREE: Final = needs(PERMISSION, step_up=True)
CLIENT: Final = f"{PATH}/clients/{{client_id:uuid}}"
SIGN_IN: Final = f"{PATH}/sign-in/{{sign_in_request_id:uuid}}"
AGREED = notice("second_person.agreed", "You have agreed. It holds from now on")
REGION = notice("second_person.region", "You have agreed. Now the regional administrator confirms whose the domain is")
DECLINED = notice("second_person.declined", "It is taken back. It holds for nobody")


@get(PATH, opt=READ, include_in_schema=False)
async def list_page(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[str]:
    """What waits, and which of it this person may agree to."""
    waiting = [one for one in await clients(uow) if one.waits]
    asked = await requests.waiting(uow)
    return page(request, "second_person/list.html", clients=waiting, asked=asked, me=principal.person_id, path=PATH)


@get(CLIENT, opt=AGREE, include_in_schema=False)
async def client_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], client_id: FromPath[UUID]
) -> Response[str]:
    """A system, what it may do already, and what waits."""
    found = await client(uow, client_id)
    groups = words.offered(request.app)
    return page(
        request,
        "second_person/client.html",
        client=found,
        may=words.in_words(groups, set(found.scopes) - set(found.waiting)),
        waiting=words.in_words(groups, found.waiting),
        mine=not found.waits_for(principal.person_id),
        path=PATH,
    )


@post(CLIENT, opt=AGREE, include_in_schema=False, status_code=200)
async def agree_to_client(request: Http, uow: NamedDependency[Uow], client_id: FromPath[UUID]) -> Response[Any]:
    """Agree to it as it was shown; a secret that waited is made now and shown, once, to whoever agrees."""
    version = (await read_form(request)).get("version")
    found = await client(uow, client_id)
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Invalid("The form has lost its version. Open the page again.")
    secret = await actions.approve(uow, client_id, int(version))
    if secret is not None:
        return secret_page(request, client_id, found.name, secret, PATH)
    return redirect(PATH, AGREED)


@get(SIGN_IN, opt=AGREE, include_in_schema=False)
async def sign_in_page(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    sign_in_request_id: FromPath[UUID],
) -> Response[str]:
    """Who would sign in through what, or which group would give which role."""
    asked = await requests.one(uow, sign_in_request_id)
    mine = asked.asked_by_id == principal.person_id
    return page(request, "second_person/sign_in.html", asked=asked, mine=mine, path=PATH)


@post(SIGN_IN, opt=AGREE, include_in_schema=False)
async def agree_to_sign_in(uow: NamedDependency[Uow], sign_in_request_id: FromPath[UUID]) -> Response[Any]:
    """Agree to it."""
    return redirect(PATH, AGREED if await requests.agree(uow, sign_in_request_id) else REGION)


@post(f"{SIGN_IN}/decline", opt=READ, include_in_schema=False)
async def decline_sign_in(uow: NamedDependency[Uow], sign_in_request_id: FromPath[UUID]) -> Response[Any]:
    """Do not agree, or take back what one asked for. A door kept shut asks for no step-up."""
    await requests.decline(uow, sign_in_request_id)
    return redirect(PATH, DECLINED)


router = Router(
    "/",
    route_handlers=[list_page, client_page, agree_to_client, sign_in_page, agree_to_sign_in, decline_sign_in],
)
