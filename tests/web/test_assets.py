import gzip
import re
from pathlib import Path

import httpx
import pytest

from careshare.web.assets import Assets, without_branding

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


async def addresses(web: httpx.AsyncClient) -> list[str]:
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', (await web.get("/sample")).text)


async def test_every_file_a_page_names_is_there_and_kept_for_a_year(web: httpx.AsyncClient) -> None:
    found = await addresses(web)
    assert {Path(address).name for address in found} == {
        "govuk-frontend.min.css",
        "careshare.css",
        "careshare.js",
        "favicon.svg",
    }
    for address in found:
        response = await web.get(address)
        assert response.status_code == 200
        assert response.headers["content-type"] == TYPES[Path(address).suffix]
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_the_script_finds_the_one_it_imports(web: httpx.AsyncClient) -> None:
    address = next(address for address in await addresses(web) if address.endswith("careshare.js"))
    imported = re.findall(r'from "\./([^"]+)"', (await web.get(address)).text)
    assert imported == ["govuk-frontend.min.js"]
    assert (await web.get(address.replace("careshare.js", imported[0]))).status_code == 200


async def test_a_file_is_not_sent_again_to_who_has_it(web: httpx.AsyncClient) -> None:
    address = (await addresses(web))[0]
    etag = (await web.get(address)).headers["etag"]
    again = await web.get(address, headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag


async def test_head_is_get_without_the_body(web: httpx.AsyncClient) -> None:
    address = (await addresses(web))[0]
    full, head = await web.get(address), await web.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == full.headers["content-type"]


async def test_files_are_sent_small_to_who_can_unpack_them(web: httpx.AsyncClient) -> None:
    address = (await addresses(web))[0]
    packed = await web.get(address, headers={"accept-encoding": "gzip"})
    plain = await web.get(address, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3
    assert packed.headers["vary"] == "Accept-Encoding"


async def test_a_page_from_before_an_update_still_finds_its_files(web: httpx.AsyncClient) -> None:
    response = await web.get("/static/0000000000000000/careshare.css")
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    [
        "/static/x/none.css",
        "/static/x/../secret",
        "/static/x/..%2f..%2f..%2fsettings.py",
        "/static/x/%2e%2e/%2e%2e/pages.py",
        "/static/x/..%5c..%5cpages.py",
        "/static/x//etc/passwd",
        "/static/x/%00",
        "/static/x/govuk-frontend.min.css/",
        "/static/x",
    ],
)
async def test_no_address_reaches_beyond_the_files(web: httpx.AsyncClient, path: str) -> None:
    response = await web.get(path)
    if path.endswith(".css/"):  # Litestar takes a slash at the end as none.
        assert response.headers["content-type"] == TYPES[".css"]
    else:
        assert response.status_code == 404


async def test_nothing_licensed_to_gov_uk_alone_is_served(web: httpx.AsyncClient) -> None:
    address = (await addresses(web))[0]
    css = (await web.get(address)).text
    for branding in ("GDS Transport", "@font-face", "crest", "url(", "sourceMappingURL"):
        assert branding not in css
    assert "font-family:arial,sans-serif" in css


def test_what_is_not_branding_stays() -> None:
    source = (
        b"@font-face{font-family:GDS Transport;src:url(a)}.a{font-family:GDS Transport,arial}"
        b"@media print{.b__copyright-logo:before{background:url(c)}}.d{color:red}/*# sourceMappingURL=x.map */\n"
    )
    assert without_branding(source) == b".a{font-family:arial}@media print{}.d{color:red}"


def test_a_missing_package_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make assets"):
        Assets(tmp_path).by_name  # noqa: B018  # reading it is the test


def test_one_changed_file_changes_every_address(tmp_path: Path) -> None:
    govuk = tmp_path / "govuk"
    govuk.mkdir()
    for name in ("govuk-frontend.min.css", "govuk-frontend.min.js"):
        (govuk / name).write_text("one")
    before = Assets(tmp_path)
    assert before.url("careshare.css") == f"/static/{before.release}/careshare.css"
    assert gzip.decompress(before.by_name["govuk-frontend.min.js"].gzipped) == b"one"
    (govuk / "govuk-frontend.min.js").write_text("two")
    assert Assets(tmp_path).release != before.release
    with pytest.raises(KeyError):
        before.url("none.css")
