import html
from itertools import pairwise

import httpx
import pytest
from jinja2 import UndefinedError

from careshare.errors import FieldError
from careshare.identity import SESSION_COOKIE, SIGNING_IN_COOKIE
from careshare.web import bar_chart, notice, redirect
from careshare.web.templates import build_environment
from tests.web.html import csrf_token, one, parsed, words
from tests.web.test_csrf import send

PUBLIC = ["/sample", "/accessibility", "/cookies", "/privacy", "/feedback", "/sample/progress"]
STATUSES = [400, 403, 404, 405, 409, 412, 413, 415, 418, 422, 429, 500, 502, 503]


@pytest.fixture
def signed_in(web: httpx.AsyncClient) -> httpx.AsyncClient:
    web.cookies.set(SESSION_COOKIE, "secret", domain="careshare.test")
    return web


@pytest.mark.parametrize("path", PUBLIC)
async def test_pages_are_right_and_have_one_heading(web: httpx.AsyncClient, path: str) -> None:
    response = await web.get(path)
    assert response.status_code == 200
    tree = parsed(response)
    assert tree.get("lang") == "en"
    heading = words(one(tree, "h1"))
    assert words(one(tree, "title")) == f"{heading} – Careshare"
    levels = [int(str(e.tag)[1]) for e in tree.iter() if str(e.tag) in {"h1", "h2", "h3", "h4"}]
    assert all(below <= above + 1 for above, below in pairwise(levels))
    assert one(tree, "a", class_="govuk-skip-link").get("href") == "#main-content"
    assert one(tree, "main").get("id") == "main-content"


async def test_every_link_in_the_footer_leads_somewhere(web: httpx.AsyncClient) -> None:
    footer = one(parsed(await web.get("/privacy")), "footer")
    links = [str(link.get("href")) for link in footer.iter("a")]
    assert [(await web.get(link)).status_code for link in links] == [200] * 4


async def test_a_signed_in_person_sees_for_whom_they_act(signed_in: httpx.AsyncClient) -> None:
    tree = parsed(await signed_in.get("/sample"))
    bar = one(tree, "section", class_="careshare-acting")
    assert words(bar) == (
        "Acting for Northford Council as placement finder and out-of-hours worker Morag <Reay> "
        "Sessions Change whom you act for Sign out"
    )
    form = one(bar, "form")
    assert (form.get("method"), form.get("action")) == ("post", "/sign-out")
    assert one(form, "input").get("name") == "csrf_token"


async def test_nobody_else_sees_the_bar_or_the_menu(web: httpx.AsyncClient) -> None:
    tree = parsed(await web.get("/sample"))
    assert not [e for e in tree.iter("section") if "careshare-acting" in str(e.get("class"))]
    assert not [e for e in tree.iter("nav") if e.get("aria-label") == "Menu"]


@pytest.mark.parametrize(("path", "current"), [("/sample", "Sample"), ("/sample/child", "Child"), ("/privacy", None)])
async def test_the_menu_holds_what_one_may_open_and_marks_the_section(
    signed_in: httpx.AsyncClient, path: str, current: str | None
) -> None:
    menu = one(parsed(await signed_in.get(path)), "nav", aria_label="Menu")
    links = {words(link): link.get("aria-current") for link in menu.iter("a")}
    assert list(links) == ["First", "Home", "Sample", "Child", "More"]
    assert [title for title, marked in links.items() if marked] == ([current] if current else [])


async def test_a_section_stands_behind_one_word_and_shows_its_pages_on_each_of_them(
    signed_in: httpx.AsyncClient,
) -> None:
    tree = parsed(await signed_in.get("/sample/words", params={"text": ""}))
    menu = one(tree, "nav", aria_label="Menu")
    marked = {words(link): link.get("href") for link in menu.iter("a") if link.get("aria-current")}
    assert marked == {"More": "/sample/words"}, "it leads to the first page one may open"
    pages = {words(link): link.get("aria-current") for link in one(tree, "nav", aria_label="More").iter("a")}
    assert pages == {"Words": "true", "Progress": None}, "and holds none that one may not open"
    elsewhere = parsed(await signed_in.get("/sample"))
    assert [e.get("aria-label") for e in elsewhere.iter("nav") if e.get("aria-label") in {"More", "Alone"}] == []


HOSTILE = "<script>alert(1)</script>\"'&amp;</textarea>"


async def test_whatever_is_shown_is_escaped_everywhere(web: httpx.AsyncClient) -> None:
    response = await web.get("/sample/words", params={"text": HOSTILE})
    tree = parsed(response)
    assert "<script>alert" not in response.text
    assert words(one(tree, "h1")) == HOSTILE
    assert one(tree, "input", id="text").get("value") == HOSTILE
    assert words(one(tree, "title")) == f"{HOSTILE} – Careshare"


async def test_a_name_nobody_gave_is_a_fault_not_a_gap(web: httpx.AsyncClient) -> None:
    response = await web.get("/sample/forgotten")
    assert response.status_code == 500
    assert "nobody_gave_this" not in response.text
    with pytest.raises(UndefinedError):
        ENVIRONMENT.from_string("{{ ui.tag(nothing) }}").render()


@pytest.mark.parametrize("status", STATUSES)
async def test_error_pages_say_what_to_do(web: httpx.AsyncClient, status: int) -> None:
    response = await web.get(f"/sample/error/{status}")
    assert response.status_code == status
    tree = parsed(response)
    main = words(one(tree, "main"))
    ours = status in {404, 405, 429} or status >= 500
    assert ("A title" not in main) == ours
    assert ("What to do" not in main) == ours
    assert ("Line 3: Too old" not in main) == ours


async def test_a_fault_of_ours_tells_nothing(web: httpx.AsyncClient) -> None:
    response = await web.get("/sample/broken")
    assert response.status_code == 500
    main = words(one(parsed(response), "main"))
    assert main.startswith("Sorry, there is a problem with the service")
    assert "swordfish" not in response.text
    assert "Traceback" not in response.text


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/sample/forbidden", 403), ("/sample/file", 405)])
async def test_an_unknown_or_closed_address_gets_a_page(web: httpx.AsyncClient, path: str, status: int) -> None:
    response = await web.get(path)
    assert response.status_code == status
    parsed(response)


async def test_a_notice_is_shown_once_after_a_change(web: httpx.AsyncClient) -> None:
    done = await send(web, csrf_token(await web.get("/sample")))
    assert (done.status_code, done.headers["location"]) == (303, "/sample")
    after = await web.get("/sample")
    banner = one(parsed(after), "div", class_="govuk-notification-banner")
    assert words(banner) == "Success The search is saved"
    assert "govuk-notification-banner" not in (await web.get("/sample")).text


async def test_a_notice_nobody_declared_is_not_shown(web: httpx.AsyncClient) -> None:
    web.cookies.set("careshare_notice", "You have won", domain="careshare.test")
    assert "You have won" not in (await web.get("/sample")).text


def test_a_notice_has_one_wording() -> None:
    assert notice("test.twice", "Saved") is notice("test.twice", "Saved")
    with pytest.raises(ValueError, match="twice"):
        notice("test.twice", "Deleted")


def test_a_redirect_is_see_other() -> None:
    response = redirect("/homes")
    assert (response.status_code, response.headers["Location"], response.cookies) == (303, "/homes", [])


ENVIRONMENT = build_environment()


def rendered(source: str, **context: object) -> str:
    text = ENVIRONMENT.from_string(source).render(context)
    return html.unescape(" ".join(text.split()))


def test_what_is_said_by_colour_is_said_in_words() -> None:
    assert "Not met" in rendered("{{ ui.criterion('not_met') }}")
    assert "Not known" in rendered("{{ ui.criterion('unknown') }}")
    freshness = "{{ ui.freshness(days, 14) }}"
    assert "Confirmed today" in rendered(freshness, days=0)
    assert "Confirmed yesterday" in rendered(freshness, days=1)
    assert "Confirmed 14 days ago<" in rendered(freshness, days=14)
    assert "Confirmed 15 days ago: check" in rendered(freshness, days=15)
    assert "Never confirmed" in rendered(freshness, days=None)


def test_errors_of_a_file_name_the_line_and_lead_nowhere() -> None:
    summary = rendered(
        "{{ ui.error_summary(form, errors) }}", form=None, errors=[FieldError("postcode", "Not a postcode", line=7)]
    )
    assert "Line 7: Not a postcode" in summary
    assert "<a " not in summary


def test_bars_are_as_long_as_their_share() -> None:
    chart = bar_chart("free", "Free", [("A", 12_345), ("B", 6172.5), ("C", 0)], unit="%")
    assert [(bar.shown, bar.length) for bar in chart.bars] == [("12,345%", 100), ("6,172.5%", 50), ("0%", 0)]
    assert bar_chart("none", "None", []).bars == []
    assert bar_chart("zero", "Zero", [("A", 0)]).bars[0].length == 0


async def test_the_cookies_page_names_the_cookies_that_are_set(production: httpx.AsyncClient) -> None:
    await production.get("/sample")
    page = words(one(parsed(await production.get("/cookies")), "main"))
    set_elsewhere = [f"__Host-{name}" for name in (SESSION_COOKIE, SIGNING_IN_COOKIE)]
    assert all(name in page for name in [*production.cookies, *set_elsewhere, "careshare_notice"])
