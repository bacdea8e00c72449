"""The pages of homes say what is so, take what is entered and show nobody else's."""

from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from sqlalchemy import text

from services.residential import actions
from services.residential.model import Closure, Incoming, Kept
from tests.residential.homes import TODAY, Desk, a_child, a_home, a_urn, days, offer
from tests.residential.test_ofsted import a_list, line
from tests.world import World, submit

CHILD = {"child_reference": "C-77123", "sex": "M", "responsible_gss": "E06000901"}


def the_day(name: str, number: int = 0) -> dict[str, str]:
    """A date as a form sends it."""
    day = days(number)
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


@pytest_asyncio.fixture
async def signed_in(client: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    await world.sign_in(client, world.a, "residential_manager", stepped_up=True)
    return client


async def home_of(a: Desk, urn: str) -> UUID:
    async with a.uow() as uow:
        found: UUID = await uow.scalar(text("select id from residential.home where urn = :urn"), {"urn": urn})
        return found


async def test_a_home_is_registered_staffed_priced_and_offered(a: Desk, signed_in: httpx.AsyncClient) -> None:
    urn = a_urn()
    wrong = await submit(signed_in, "/residential/new", {"urn": urn, "name": " "})
    assert "Enter the home’s name" in wrong.text
    answers = {
        "urn": urn,
        "name": "Larch House",
        "kept_as": "own",
        "owner_organisation": "Ashmoor Council",
        "sector": "local_authority",
        "kind": "childrens_home",
        "address": "9 Larch Walk",
        "postcode": "za1 1aa",
        "registration": "active",
        "registered_places": "2",
        "age_min": "11",
        "age_max": "17",
        "sex": "any",
        "purpose": "For young people who have lived through trauma.",
        "purposes": ["trauma"],
        "care_types": ["long_term"],
        "need_levels": ["standard"],
    }
    made = await submit(signed_in, "/residential/new", answers)
    assert made.status_code in {302, 303}, made.text
    path = made.headers["location"].split("#")[0]
    steps = [
        ("places", {"number": "2"}),
        ("staffing", {"places": "2", **the_day("until", 5)}),
        (
            "prices",
            {
                **the_day("since"),
                "purchase": "spot",
                "price-1-need_level": "standard",
                "price-1-weekly": "4,850.00",
                "supplement-1-code": "waking_night",
                "supplement-1-per": "night",
                "supplement-1-amount": "180",
                "notice_nights": "28",
                "void_percent": "80",
                "social_percent": "100",
                "education_percent": "0",
                "health_percent": "0",
            },
        ),
        ("plan", {"month": "2026-04", "planned": "20000"}),
        ("offer", {**the_day("since"), "places": "1"}),
        ("judgement", {"judgement": "good", **the_day("judged_on", -30)}),
        (
            "new-resident",
            {
                "child_reference": "C-77123",
                **the_day("born", -5000),
                "sex": "M",
                "responsible_gss": "E06000901",
                **the_day("starts"),
            },
        ),
    ]
    for name, given in steps:
        version = await _version(signed_in, f"{path}/{name}")
        answer = await submit(signed_in, f"{path}/{name}", {"version": version, **given})
        assert answer.status_code in {302, 303}, f"{name}: {answer.text}"
    page = (await signed_in.get(path)).text
    for said in (
        "1 occupied",
        "1 matchable",
        "£4,850.00",
        "Waking night staff, a night",
        "C-77123",
        "1 place from",
        "2026-04",
    ):
        assert said in page, said
    listed = (await signed_in.get("/residential")).text
    assert "Larch House" in listed
    assert "careshare-states__piece--matchable" in listed
    away = await submit(signed_in, f"{path}/withdraw", {"version": await _version(signed_in, f"{path}/withdraw")})
    assert away.status_code in {302, 303}
    async with a.uow() as uow:
        found = await offer(uow, await home_of(a, urn))
        assert found is not None
        assert found["resource"] == "residential_places:own"


async def test_that_the_host_authority_was_told_is_recorded(a: Desk, signed_in: httpx.AsyncClient) -> None:
    home = await a.make()
    async with a.uow() as uow:
        child, _ = await actions.admit(uow, home, None, a_child(responsible_gss="E06000902"))
    path = f"/residential/{home}"
    assert "Whom the home tells" in (await signed_in.get(path)).text
    page = f"{path}/host-told"
    assert "regulation 41" in (await signed_in.get(page)).text
    given = {"resident_id": str(child), "occasion": "admission", **the_day("sent_on"), "how": "email"}
    wrong = {"version": await _version(signed_in, page), **given, "occasion": "discharge"}
    assert (await submit(signed_in, page, wrong)).status_code in {400, 422}
    told = await submit(signed_in, page, {"version": await _version(signed_in, page), **given})
    assert told.status_code in {302, 303}, told.text
    assert "was told on" in (await signed_in.get(path)).text


async def _version(client: httpx.AsyncClient, page: str) -> str:
    opened = await client.get(page)
    assert opened.status_code == 200, f"{page}: {opened.text}"
    return opened.text.split('name="version" value="')[1].split('"')[0]


async def test_a_group_more_or_less_saves_nothing(a: Desk, signed_in: httpx.AsyncClient) -> None:
    home = await a.make()
    page = f"/residential/{home}/prices"
    version = await _version(signed_in, page)
    given = {"version": version, "price-1-need_level": "standard", "price-1-weekly": "1"}
    more = await submit(signed_in, page, {**given, "action": "add-price"})
    assert "Weekly price 2" in more.text
    more = await submit(signed_in, page, {**given, "action": "add-supplement"})
    assert "Supplement 2" in more.text
    assert await _version(signed_in, page) == version


async def test_places_are_closed_opened_and_kept_empty(a: Desk, signed_in: httpx.AsyncClient) -> None:
    home = await a.make(places=2)
    path = f"/residential/{home}"
    for name, given, said in (
        ("places/1/close", {"reason": "works", **the_day("since"), "note": "New roof"}, "New roof"),
        (
            "places/2/keep-empty",
            {"reason": "settling", **the_day("since"), **the_day("until", 9)},
            "A child is settling in".lower(),
        ),
        ("places/1/open", {}, "1 matchable"),
        ("places/2/stop-keeping", {}, "2 matchable"),
    ):
        answer = await submit(
            signed_in, f"{path}/{name}", {"version": await _version(signed_in, f"{path}/{name}"), **given}
        )
        assert answer.status_code in {302, 303}, answer.text
        assert said in (await signed_in.get(path)).text
    assert (await signed_in.get(f"{path}/places/9/close")).status_code == 404


async def test_somebody_elses_change_is_not_lost(a: Desk, signed_in: httpx.AsyncClient) -> None:
    home = await a.make()
    stale = await submit(signed_in, f"/residential/{home}/places", {"version": "1", "number": "1"})
    assert stale.status_code == 412
    assert "Somebody else changed this first" in stale.text


async def test_why_a_place_is_closed_or_kept_and_who_lives_there_stays_with_the_owner(
    a: Desk, b: Desk, client: httpx.AsyncClient, world: World
) -> None:
    home = await a.make(offered=4)
    async with a.uow() as uow:
        await actions.close_place(uow, home, None, 1, Closure(reason="safeguarding", since=TODAY, note="Secret"))
        await actions.keep_empty(uow, home, None, 2, Kept(reason="settling", since=TODAY, note="Secret"))
        await actions.admit(uow, home, None, a_child(child_reference="C-4711"))
    await world.sign_in(client, world.b, "residential_manager")
    for page in ("/residential", "/residential?state=closed"):
        assert "Secret" not in (await client.get(page)).text
    assert (await client.get(f"/residential/{home}")).status_code == 404
    headers = await world.bearer(world.b, "residential_manager")
    assert (await client.get(f"/api/v1/homes/{home}", headers=headers)).status_code == 404
    assert (await client.get("/api/v1/homes", headers=headers)).json()["items"] == []


async def test_a_confidential_address_takes_a_reason(a: Desk, client: httpx.AsyncClient, world: World) -> None:
    home = await a.make(a_home(address="77 Secret Lane"))
    async with a.uow() as uow:
        await actions.set_confidential(uow, home, None, confidential=True, may_see=False)
    path = f"/residential/{home}"
    await world.sign_in(client, world.a, "residential_manager")
    assert "Secret Lane" not in (await client.get(path)).text
    unconfirmed = await submit(client, path, {"reason": "visit"}, to=f"{path}/address")
    assert "Secret Lane" not in unconfirmed.text
    await world.sign_in(client, world.a, "residential_manager", stepped_up=True)
    no_reason = await submit(client, path, {"reason": ""}, to=f"{path}/address")
    assert "Secret Lane" not in no_reason.text
    shown = await submit(client, path, {"reason": "visit"}, to=f"{path}/address")
    assert "Secret Lane" in shown.text
    async with a.uow() as uow:
        opened = text(
            "select purpose from audit.entry where action = 'home.opened' and subjects @> array[cast(:id as uuid)]"
        )
        assert list((await uow.execute(opened, {"id": home})).scalars()) == ["visit"]
    await world.sign_in(client, world.a, "placement_finder", stepped_up=True)
    assert (await submit(client, "/residential/ofsted", {"reason": "visit"}, to=f"{path}/address")).status_code == 403


async def test_an_assessment_is_begun_written_and_decided(a: Desk, signed_in: httpx.AsyncClient) -> None:
    home = await a.make()
    async with a.uow() as uow:
        await actions.admit(uow, home, None, a_child(needs=["missing"]))
    enquiry = uuid4()
    page = f"/residential/{home}/assessments/new"
    assert str(enquiry) in (await signed_in.get(f"{page}?enquiry={enquiry}")).text
    given = {"enquiry_id": str(enquiry), "child-1-age": "12", "child-1-sex": "F", "child-1-needs": ["missing"]}
    begun = await submit(signed_in, page, given)
    path = begun.headers["location"]
    shown = (await signed_in.get(path)).text
    assert "May go missing together" in shown
    assert "Male, 11 to 15: Going missing" in shown
    version = await _version(signed_in, path)
    decision = {"version": version, "outcome": "with_mitigations", "reason": "With night staff"}
    early = await submit(signed_in, path, decision, to=f"{path}/decision")
    assert "Write first what would be done" in early.text
    concern = {"concern-1-code": "missing", "concern-1-note": "Both", "concern-1-mitigation": "Waking night staff"}
    await submit(signed_in, path, {"version": version, **concern}, to=f"{path}/concerns")
    decision["version"] = await _version(signed_in, path)
    decided = await submit(signed_in, path, decision, to=f"{path}/decision")
    assert decided.status_code in {302, 303}, decided.text
    assert "With night staff" in (await signed_in.get(path)).text
    async with a.uow() as uow:
        again = await actions.open_assessment(uow, home, enquiry, [Incoming(age=12)])
        assert path.endswith(str(again))


async def test_the_list_is_sent_on_a_page_and_a_home_taken_up_from_it(client: httpx.AsyncClient, world: World) -> None:
    urn = a_urn()
    await world.sign_in(client, world.a, "regional_administrator")
    page = "/residential/ofsted/send"
    token = (await client.get(page)).text.split('name="csrf_token" value="')[1].split('"')[0]
    content = a_list([line(urn), line("bad"), line("1112223", type_="Voluntary Adoption Agency")], "1 December 2025")
    nothing = await client.post(page, data={"csrf_token": token}, files={"other": ("a", b"a")})
    assert "Choose a file" in nothing.text
    sent = await client.post(page, data={"csrf_token": token}, files={"file": ("list.csv", content)})
    assert sent.status_code in {302, 303}, sent.text
    told = (await client.get(page)).text
    assert "An agency is not a home" in told
    assert "SC and six figures" in told
    await world.sign_in(client, world.a, "residential_manager")
    assert "No owner on Careshare" in (await client.get("/residential/ofsted?kept=no")).text
    form = (await client.get(f"/residential/new?urn={urn}")).text
    assert "Ofsted withholds the name and address" in form
    assert f'value="{urn}"' in form
