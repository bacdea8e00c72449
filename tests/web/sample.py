"""A small application with a page of everything, for the tests of the web room."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Litestar, Request, Response, Router, get, post
from litestar.config.app import AppConfig
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath

from careshare.errors import DomainError, FieldError, Forbidden
from careshare.http.problems import problem_of
from careshare.identity import SESSION_COOKIE, Principal
from careshare.service import NavigationItem, Service
from careshare.settings import Settings
from careshare.web import (
    asks,
    bar_chart,
    error_page,
    notice,
    page,
    parse,
    read_form,
    read_query,
    redirect,
)
from careshare.web.routes import router
from careshare.web.setup import configure_web

SAVED = notice("sample.saved", "The search is saved")

CARE = [("short_term", "Short term"), ("emergency", "Emergency", "Tonight or tomorrow"), ("respite", "Short breaks")]
SEX = [("female", "Female"), ("male", "Male")]
NEEDS = [("hearing", "Hearing"), ("mobility", "Mobility"), ("medical", "Medical care at home")]


class Child(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    age: Annotated[int, asks("the age of child {n}", ge=0, le=17)]
    sex: Annotated[Literal["female", "male"], asks("the sex of child {n}")]


class Search(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    reference: Annotated[str, asks("your reference", max_length=20)]
    needed_from: Annotated[date, asks("the date the home is needed from")]
    care: Annotated[Literal["short_term", "emergency", "respite"], asks("the kind of care")]
    needs: Annotated[list[Literal["hearing", "mobility", "medical"]], asks("needs")] = []
    together: Annotated[bool, asks("yes if they should be together")]
    child: Annotated[list[Child], asks("at least one child", missing="Enter at least one child", min_length=1)]
    notes: Annotated[str, asks("notes", max_length=100)] | None = None


def context() -> dict[str, Any]:
    chart = bar_chart("free", "Places free tonight", [("Northford", 12), ("Eastmoor", 4)], unit=" places")
    return {"care": CARE, "sex": SEX, "needs": NEEDS, "chart": chart}


@get("/sample", opt={"public": "test"}, include_in_schema=False)
async def sample(request: Request[Any, Any, Any]) -> Response[str]:
    return page(request, "sample/page.html", **context())


@get("/sample/child", opt={"public": "test"}, include_in_schema=False)
async def child_page(request: Request[Any, Any, Any]) -> Response[str]:
    return page(request, "sample/page.html", form=read_query(request), **context())


@post("/sample", opt={"public": "test"}, include_in_schema=False)
async def search(request: Request[Any, Any, Any]) -> Response[Any]:
    form = await read_form(request)
    wanted, errors = parse(form, Search)
    if wanted is None:
        return page(request, "sample/page.html", form=form, errors=errors, **context())
    return redirect("/sample", SAVED)


@post("/sample/file", opt={"public": "test"}, include_in_schema=False)
async def upload(request: Request[Any, Any, Any]) -> Response[str]:
    sent = (await read_form(request)).file("register")
    read = (await sent.read()).decode() if sent else "nothing"
    return page(request, "sample/words.html", text=read)


@get("/sample/words", opt={"public": "test"}, include_in_schema=False)
async def said(request: Request[Any, Any, Any]) -> Response[str]:
    typed = read_query(request)
    return page(request, "sample/words.html", text=typed.get("text"), form=typed)


@get("/sample/forgotten", opt={"public": "test"}, include_in_schema=False)
async def forgotten(request: Request[Any, Any, Any]) -> Response[str]:
    return page(request, "sample/forgotten.html")


@get("/sample/progress", opt={"public": "test"}, include_in_schema=False)
async def progress(request: Request[Any, Any, Any]) -> Response[str]:
    asked = request.app.state["asked"] = request.app.state.get("asked", 0) + 1
    return page(request, "sample/progress.html", done=asked, total=3)


@get("/sample/broken", opt={"public": "test"}, include_in_schema=False)
async def broken() -> None:
    raise RuntimeError("the password of the database is swordfish")


@get("/sample/error/{status:int}", opt={"public": "test"}, include_in_schema=False)
async def error(request: Request[Any, Any, Any], status: FromPath[int]) -> Response[str]:
    return error_page(request, status, "A title", "What to do", [FieldError("age", "Too old", line=3)])


@get("/sample/forbidden", opt={"public": "test"}, include_in_schema=False)
async def forbidden() -> None:
    raise Forbidden("Ask your manager.")


@post("/machine", opt={"public": "test", "kind": "api"})
async def machine(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"took": (await request.body()).decode()}


def sign_in(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Whoever has a session is Morag, who may read carers."""
    if connection.cookies.get(SESSION_COOKIE):
        connection.scope["state"]["principal"] = Principal(
            person_id=UUID(int=1),
            person_name="Morag <Reay>",
            authority_id=UUID(int=2),
            authority_name="Northford Council",
            authority_gss="E08000000",
            roles=("placement_finder", "out_of_hours"),
            permissions=frozenset({"household:read", "search:make"}),
            purpose="test",
        )


def answer_error(request: Request[Any, Any, Any], exc: Exception) -> Response[Any]:
    if not isinstance(exc, DomainError):
        problem, _ = problem_of(exc)
        return error_page(request, problem.status, problem.title, problem.detail)
    return error_page(request, exc.status, exc.title, exc.detail, exc.errors)


SERVICE = Service(
    name="sample",
    title="Sample",
    templates="tests.web",
    navigation=[
        NavigationItem("Home", "/", "household:read"),
        NavigationItem("Sample", "/sample", "household:read"),
        NavigationItem("Child", "/sample/child", "search:make"),
        NavigationItem("Allowances", "/allowances", "allowance:decide"),
        NavigationItem("Words", "/sample/words", "household:read", section="More"),
        NavigationItem("Payments", "/payments", "allowance:decide", section="More"),
        NavigationItem("Progress", "/sample/progress", "search:make", section="More"),
        NavigationItem("Runs", "/runs", "allowance:decide", section="Alone"),
        NavigationItem("First", "/sample/forgotten", "search:make", section="Alone", order=1),
    ],
)


def sample_app(settings: Settings) -> Litestar:
    pages = [sample, child_page, search, upload, said, forgotten, progress, broken, error, forbidden, machine]
    config = AppConfig(
        route_handlers=[Router("/", route_handlers=pages), router],
        guards=[sign_in],
        exception_handlers={Exception: answer_error},
        request_max_body_size=100_000,
        debug=False,
        logging_config=None,
        openapi_config=None,
    )
    configure_web(config, settings, [SERVICE])
    return Litestar.from_config(config)


def settings_of(environment: Literal["demo", "test", "production"], tmp_path: Path) -> Settings:
    root = Path(__file__).resolve().parents[2]
    return Settings(
        environment=environment,
        var=tmp_path,
        secret_key="a secret that only tests know, of some length",
        assets_dir=root / "var" / "assets",
    )
