import base64

import httpx
import pytest
from litestar import Litestar

from careshare.identity import SESSION_COOKIE
from tests.web.conftest import caller
from tests.web.html import csrf_token, one, parsed, words

GOOD = {
    "reference": "AB",
    "needed_from-day": "20",
    "needed_from-month": "11",
    "needed_from-year": "2026",
    "care": "respite",
    "together": "no",
    "child-1-age": "4",
    "child-1-sex": "male",
}


async def send(client: httpx.AsyncClient, token: str | None, **headers: str) -> httpx.Response:
    data = GOOD | ({"csrf_token": token} if token is not None else {})
    return await client.post("/sample", data=data, headers={name.replace("_", "-"): v for name, v in headers.items()})


async def test_a_form_of_ours_is_taken(web: httpx.AsyncClient) -> None:
    token = csrf_token(await web.get("/sample"))
    response = await send(web, token, origin="http://careshare.test", sec_fetch_site="same-origin")
    assert (response.status_code, response.headers["location"]) == (303, "/sample")


async def test_each_page_masks_the_token_afresh_and_all_of_them_hold(web: httpx.AsyncClient) -> None:
    tokens = {csrf_token(await web.get("/sample")) for _ in range(3)}
    assert len(tokens) == 3
    assert {(await send(web, token)).status_code for token in tokens} == {303}


async def test_the_cookie_is_set_once(web: httpx.AsyncClient) -> None:
    assert "set-cookie" in (await web.get("/sample")).headers
    assert "set-cookie" not in (await web.get("/sample")).headers
    web.cookies.set("careshare_form", "short", domain="careshare.test")
    assert "set-cookie" in (await web.get("/sample")).headers


@pytest.mark.parametrize(
    "token", [None, "", "nonsense", "é", "AAAA", base64.urlsafe_b64encode(bytes(64)).decode(), "=" * 88]
)
async def test_a_form_without_our_token_is_refused(web: httpx.AsyncClient, token: str | None) -> None:
    await web.get("/sample")
    response = await send(web, token)
    assert response.status_code == 403
    assert "reload the page" in words(one(parsed(response), "main"))


async def test_a_token_without_its_cookie_is_refused(web: httpx.AsyncClient, app: Litestar) -> None:
    token = csrf_token(await web.get("/sample"))
    async with caller(app) as other:
        assert (await send(other, token)).status_code == 403
        await other.get("/sample")
        assert (await send(other, token)).status_code == 403


async def test_a_token_ends_with_its_session(web: httpx.AsyncClient) -> None:
    before = csrf_token(await web.get("/sample"))
    web.cookies.set(SESSION_COOKIE, "one", domain="careshare.test")
    assert (await send(web, before)).status_code == 403
    during = csrf_token(await web.get("/sample"))
    assert (await send(web, during)).status_code == 303
    web.cookies.set(SESSION_COOKIE, "two", domain="careshare.test")
    assert (await send(web, during)).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://elsewhere.test"},
        {"origin": "http://careshare.test.elsewhere.test"},
        {"origin": "http://careshare.test:8080"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "same-origin", "origin": "http://elsewhere.test"},
    ],
)
async def test_a_form_from_another_site_is_refused_even_with_a_token(
    web: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    token = csrf_token(await web.get("/sample"))
    response = await send(web, token, **headers)
    assert response.status_code == 403
    assert "another site" in words(one(parsed(response), "main"))


async def test_a_route_of_the_api_takes_no_form_and_needs_no_token(web: httpx.AsyncClient) -> None:
    response = await web.post("/machine", content=b"hello", headers={"origin": "http://elsewhere.test"})
    assert (response.status_code, response.json()) == (201, {"took": "hello"})


async def test_in_production_the_cookie_belongs_to_this_host_and_https(production: httpx.AsyncClient) -> None:
    response = await production.get("/sample")
    name, _, attributes = response.headers["set-cookie"].partition("=")
    assert name == "__Host-careshare_form"
    assert {part.strip().lower() for part in attributes.split(";")[1:]} == {
        "httponly",
        "path=/",
        "samesite=lax",
        "secure",
    }
    token = csrf_token(response)
    assert (await send(production, token, origin="http://careshare.test")).status_code == 403
    done = await send(production, token, origin="https://careshare.test")
    assert done.status_code == 303
    assert done.headers["set-cookie"].endswith("; Secure")
