import base64
import hashlib
import re

import httpx
import pytest


def directives(response: httpx.Response) -> dict[str, list[str]]:
    parts = [part.split() for part in response.headers["content-security-policy"].split(";")]
    return {name: sources for name, *sources in parts}


async def test_the_policy_allows_the_one_inline_script_by_its_hash_and_nothing_else(web: httpx.AsyncClient) -> None:
    response = await web.get("/sample")
    inline = re.findall(r"<script>(.*?)</script>", response.text, re.DOTALL)
    assert len(inline) == 1
    digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
    assert directives(response) == {
        "default-src": ["'none'"],
        "script-src": ["'self'", f"'sha256-{digest}'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }


@pytest.mark.parametrize("path", ["/sample", "/sample?errors", "/accessibility", "/nowhere", "/sample/broken"])
async def test_no_page_holds_an_inline_style_or_handler(web: httpx.AsyncClient, path: str) -> None:
    text = (await web.get(path)).text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)


@pytest.mark.parametrize(
    "path", ["/sample", "/nowhere", "/sample/broken", "/sample/forbidden", "/privacy", "/static/x/none.css"]
)
async def test_every_answer_is_safe_and_not_kept(web: httpx.AsyncClient, path: str) -> None:
    headers = (await web.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "strict-transport-security" not in headers


async def test_production_insists_on_https(production: httpx.AsyncClient) -> None:
    headers = (await production.get("/privacy")).headers
    assert headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
