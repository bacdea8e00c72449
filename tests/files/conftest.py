"""An application with routes that take and send files, and the job that looks at them, run when a test says so."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest_asyncio
from litestar import Litestar, Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from careshare.access import needs
from careshare.access.permissions import ROLES
from careshare.app import create_app
from careshare.database import Acting, Database, Uow
from careshare.files import MOST_IN_REQUEST, TAKES_FILE, File, FileRef, describe, download, receive, uploaded
from careshare.files.jobs import judge, settle, take
from careshare.identity import Principal
from careshare.service import Service
from careshare.settings import Settings
from careshare.web.pages import Web
from tests.fixtures.live import started

Http = Request[Any, Any, Any]
OWN = needs("own:act")


async def taken_in(request: Http, uow: Uow) -> FileRef:
    upload = await uploaded(request)
    most = request.app.state.settings.uploads.most_bytes
    return await receive(uow, upload.stream, upload.name, upload.declared_type, most_bytes=most)


@post("/files", opt={**OWN, **TAKES_FILE}, request_max_body_size=MOST_IN_REQUEST)
async def send_api(request: Http, uow: NamedDependency[Uow]) -> FileRef:
    """Take a file from a system."""
    return await taken_in(request, uow)


@get("/files/{authority_id:uuid}/{file_id:uuid}", opt=OWN)
async def fetch(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    authority_id: FromPath[UUID],
    file_id: FromPath[UUID],
) -> Stream:
    """Send a file."""
    database: Database = request.app.state.database
    return await download(uow, database, principal, FileRef(authority_id, file_id))


@post("/sample-files", opt={**OWN, **TAKES_FILE}, request_max_body_size=MOST_IN_REQUEST, include_in_schema=False)
async def send_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Take a file from a person."""
    ref = await taken_in(request, uow)
    return Response(str(ref.id), media_type="text/plain")


@get("/sample-form", opt=OWN, include_in_schema=False)
async def form(request: Http) -> Response[str]:
    """The form of it."""
    csrf = Web.of(request).csrf
    answer = Response(f"<form>{csrf.field(request)}</form>", media_type="text/html")
    cookie = csrf.new_cookie(request)
    if cookie is not None:
        answer.cookies.append(cookie)
    return answer


def sample() -> Service:
    return Service(
        name="sample",
        title="Sample",
        permissions={"own:act": tuple(ROLES)},
        api=[Router("/", route_handlers=[send_api, fetch])],
        pages=[Router("/", route_handlers=[send_page, form])],
    )


@pytest_asyncio.fixture(scope="module")
async def app(settings: Settings) -> AsyncIterator[Litestar]:
    async with started(create_app(settings, found=[sample()])) as application:
        yield application


async def in_pieces(content: bytes, size: int = 70_000) -> AsyncIterator[bytes]:
    """A file as a network brings it."""
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def send(
    database: Database, acting: Acting, content: bytes, name: str = "a file", most: int = 20 * 1024**2
) -> FileRef:
    """Take a file in and commit it."""
    async with database.bound(acting) as uow:
        return await receive(uow, in_pieces(content), name, "application/octet-stream", most_bytes=most)


async def looked_at(database: Database, acting: Acting, ref: FileRef, clamd: str = "") -> File:
    """What the job does, in this process."""
    async with database.bound(acting) as uow:
        taken = await take(uow, ref.id)
    assert taken is not None
    verdict = await judge(taken, clamd)
    async with database.bound(acting) as uow:
        await settle(uow, ref.id, taken, verdict)
        return await describe(uow, ref)
