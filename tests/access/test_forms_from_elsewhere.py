"""No form of another site does anything here: every address that takes one was tried, so a new one is too."""

import httpx
import pytest
from litestar import Litestar

from tests.access.test_routes import concrete, routes
from tests.web.html import csrf_token, one, parsed, words
from tests.world import World

ELSEWHERE = {
    "without our token": (False, {}),
    "with a page's own token, sent by another site": (True, {"sec-fetch-site": "cross-site"}),
    "with a page's own token, from another origin": (True, {"origin": "https://elsewhere.example"}),
}


@pytest.mark.parametrize("how", ELSEWHERE)
async def test_no_form_is_taken(app: Litestar, client: httpx.AsyncClient, world: World, how: str) -> None:
    with_token, headers = ELSEWHERE[how]
    await world.sign_in(client, world.a, "authority_administrator", stepped_up=True)
    token = csrf_token(await client.get("/acting"))
    tried = 0
    for path, method, handler in routes(app):
        if method in {"GET", "HEAD"} or handler.opt.get("kind", "page") != "page":
            continue
        data = {"csrf_token": token} if with_token else {"anything": "x"}
        answer = await client.request(method, concrete(path), data=data, headers=headers)
        assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
        assert "Nothing was changed" in words(one(parsed(answer), "main")), f"{method} {path}"
        tried += 1
    assert tried > 80
