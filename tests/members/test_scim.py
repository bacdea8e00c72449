"""SCIM 2.0 over real HTTP: what a council's directory sends, Microsoft Entra ID's habits included."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from careshare.database import Database
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.members.conftest import patch, user
from tests.world import World

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


async def made(directory: httpx.AsyncClient, name: str, **given: Any) -> dict[str, Any]:
    answer = await directory.post("/Users", json=user(name, **given))
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"] == "application/scim+json"
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == found["meta"]["location"]
    return found


async def found(directory: httpx.AsyncClient, filter_: str, **more: str) -> list[str]:
    answer = await directory.get("/Users", params={"filter": filter_, **more})
    assert answer.status_code == 200, answer.text
    return [one["userName"].partition("@")[0] for one in answer.json()["Resources"]]


async def test_what_the_service_can_do_is_described(directory: httpx.AsyncClient) -> None:
    config = (await directory.get("/ServiceProviderConfig")).json()
    assert config["patch"] == {"supported": True}
    assert config["filter"] == {"supported": True, "maxResults": 200}
    assert config["bulk"]["supported"] is False
    kinds = (await directory.get("/ResourceTypes")).json()["Resources"]
    assert [kind["endpoint"] for kind in kinds] == ["/Users"]
    schemas = (await directory.get("/Schemas")).json()
    assert schemas["totalResults"] == 2
    one = await directory.get(f"/Schemas/{schemas['Resources'][0]['id']}")
    assert one.json()["name"] == "User"
    assert (await directory.get("/ResourceTypes/User")).json()["name"] == "User"
    refused = await directory.get("/Schemas", params={"filter": "id pr"})
    assert refused.status_code == 403


async def test_a_user_is_made_read_replaced_and_deleted(directory: httpx.AsyncClient) -> None:
    one = await made(directory, "whole", roles=[{"value": "placement_finder"}])
    assert one["displayName"] == "Whole Provisioned"
    assert one["roles"] == [{"value": "placement_finder", "display": "Placement finder", "primary": True}]
    address = one["meta"]["location"]
    read = await directory.get(address)
    assert read.json() == one
    assert read.headers["etag"] == one["meta"]["version"] == 'W/"1"'
    again = await directory.get(address, headers={"If-None-Match": 'W/"1"'})
    assert again.status_code == 304
    stale = await directory.put(address, json=user("whole"), headers={"If-Match": 'W/"7"'})
    assert stale.status_code == 412
    put = await directory.put(address, json=user("whole", displayName="Whole P."), headers={"If-Match": 'W/"1"'})
    assert put.json()["displayName"] == "Whole P."
    assert put.json()["roles"], "roles that a PUT does not name stay"
    none = await directory.put(address, json=user("whole", roles=[]))
    assert "roles" not in none.json()
    assert (await directory.delete(address)).status_code == 204
    assert (await directory.get(address)).status_code == 404
    assert await found(directory, 'userName eq "whole@ashmoor.example"') == []
    back = await directory.post("/Users", json=user("whole"))
    assert back.status_code == 201
    assert back.json()["active"] is True


async def test_two_users_of_one_name_or_address_are_refused(directory: httpx.AsyncClient, world: World) -> None:
    await made(directory, "twin")
    same = await directory.post("/Users", json=user("twin"))
    assert same.status_code == 409
    assert same.json()["scimType"] == "uniqueness"
    assert same.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert same.json()["status"] == "409"
    mail = [{"value": "TWIN@ashmoor.example", "primary": True}]
    other = await directory.post("/Users", json=user("other", emails=mail))
    assert other.json()["scimType"] == "uniqueness"
    one = await made(directory, "single")
    moved = await directory.patch(
        one["meta"]["location"], json=patch({"op": "replace", "path": "emails", "value": mail})
    )
    assert moved.json()["scimType"] == "uniqueness"


async def test_filters_find_whom_they_say(directory: httpx.AsyncClient) -> None:
    for name in ("fanny", "fred", "floyd"):
        await made(directory, name)
    await directory.post("/Users", json=user("felix", active=False))
    mine = 'userName sw "f" and externalId sw "ext-f"'
    assert await found(directory, 'userName eq "FRED@ashmoor.example"') == ["fred"]
    assert await found(directory, 'externalId eq "ext-fanny"') == ["fanny"]
    assert await found(directory, 'externalId eq "EXT-fanny"') == [], "an externalId's case tells two apart"
    assert await found(directory, f"{mine} and active eq false") == ["felix"]
    assert await found(directory, f'{mine} and active eq "True"') == ["fanny", "fred", "floyd"]
    assert await found(directory, 'emails[type eq "work" and value eq "floyd@ashmoor.example"]') == ["floyd"]
    assert await found(directory, 'emails.value co "floyd@"') == ["floyd"]
    assert await found(directory, f'{mine} and not (active eq true) or userName sw "fred"') == ["fred", "felix"]
    # "and" binds closer than "or" (RFC 7644 3.4.2.2): read from the left this would find nobody.
    assert await found(directory, 'userName sw "fred" or userName sw "fanny" and active eq false') == ["fred"]
    assert await found(directory, f'{mine} and meta.created gt "2099-01-01T00:00:00Z"') == []
    assert await found(directory, 'name.familyName eq "100%"') == []
    assert await found(directory, 'name.givenName eq "fanny" and title pr') == []


@pytest.mark.parametrize(
    "filter_",
    [
        "userName eq",
        'userName like "x"',
        'shoeSize eq "9"',
        "(((",
        "userName",
        'active gt "true"',
        'meta.created gt "yesterday"',
        'userName eq "' + "x" * 3000 + '"',
        "; drop table tenants.member",
        f'{ENTERPRISE}:department eq "x"',
    ],
)
async def test_a_filter_that_is_none_is_refused_as_such(directory: httpx.AsyncClient, filter_: str) -> None:
    answer = await directory.get("/Users", params={"filter": filter_})
    assert answer.status_code == 400, answer.text
    assert answer.json()["scimType"] == "invalidFilter"


async def test_pages_begin_where_asked(directory: httpx.AsyncClient) -> None:
    for number in range(5):
        await made(directory, f"paged{number}")
    asked = {"filter": 'userName sw "paged"', "startIndex": "2", "count": "2"}
    page = (await directory.get("/Users", params=asked)).json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 2, 2)
    assert [one["externalId"] for one in page["Resources"]] == ["ext-paged1", "ext-paged2"]
    none = (await directory.get("/Users", params={**asked, "count": "0"})).json()
    assert (none["totalResults"], none["Resources"]) == (5, [])
    beyond = (await directory.get("/Users", params={**asked, "startIndex": "99"})).json()
    assert beyond["Resources"] == []
    wrong = await directory.get("/Users", params={"count": "many"})
    assert wrong.json()["scimType"] == "invalidValue"
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'userName sw "paged"',
        "attributes": ["userName"],
        "count": 1,
    }
    searched = (await directory.post("/Users/.search", json=body)).json()
    assert searched["totalResults"] == 5
    assert searched["Resources"][0].keys() == {"schemas", "id", "userName"}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "replace", "path": "active", "value": False},
        {"op": "Replace", "value": {"active": "False"}},
        {"op": "Add", "value": {"active": False, f"{ENTERPRISE}:department": "Children"}},
    ],
)
async def test_the_ways_in_which_somebody_is_disabled(directory: httpx.AsyncClient, operation: dict[str, Any]) -> None:
    name = f"disabled{abs(hash(str(operation)))}"
    one = await made(directory, name)
    off = await directory.patch(one["meta"]["location"], json=patch(operation))
    assert off.status_code == 200, off.text
    assert off.json()["active"] is False
    on = await directory.patch(
        one["meta"]["location"], json=patch({"op": "Replace", "path": "active", "value": "True"})
    )
    assert on.json()["active"] is True


async def test_entra_changes_one_part_of_a_user(directory: httpx.AsyncClient) -> None:
    one = await made(directory, "parts")
    address = one["meta"]["location"]
    changed = await directory.patch(
        address,
        json=patch(
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "parts.new@ashmoor.example"},
            {"op": "Replace", "path": "name.familyName", "value": "Married"},
            {"op": "Add", "path": f"{ENTERPRISE}:employeeNumber", "value": "1234"},
            {"op": "Add", "path": "roles", "value": [{"value": "placement_finder"}]},
        ),
    )
    assert changed.status_code == 200, changed.text
    body = changed.json()
    assert body["emails"][0]["value"] == "parts.new@ashmoor.example"
    assert body["displayName"] == "Parts Married"
    assert [role["value"] for role in body["roles"]] == ["placement_finder"]
    replaced = await directory.patch(
        address, json=patch({"op": "Replace", "path": 'roles[primary eq "True"].value', "value": "director"})
    )
    assert [role["value"] for role in replaced.json()["roles"]] == ["director"]
    keys = {'emails[type eq "work"].value': "parts.keys@ashmoor.example", "displayName": "Parts Keys"}
    by_key = await directory.patch(address, json=patch({"op": "Add", "value": keys}))
    assert by_key.json()["emails"][0]["value"] == "parts.keys@ashmoor.example"
    assert by_key.json()["displayName"] == "Parts Keys"
    gone = await directory.patch(
        address, json=patch({"op": "Remove", "path": "roles", "value": [{"value": "director"}]})
    )
    assert "roles" not in gone.json()


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "move", "path": "active", "value": True}, "invalidValue"),
        ({"op": "replace", "path": "emails[[", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "replace", "path": "roles", "value": [{"value": "emperor"}]}, "invalidValue"),
        ({"op": "replace", "path": "roles", "value": [{"value": "regional_administrator"}]}, "invalidValue"),
        ({"op": "replace", "path": "roles", "value": [{"value": "authority_administrator"}]}, "invalidValue"),
        ({"op": "replace", "path": "emails", "value": [{"value": "nobody"}]}, "invalidValue"),
    ],
)
async def test_a_patch_that_cannot_be_is_refused(
    directory: httpx.AsyncClient, operation: dict[str, Any], kind: str
) -> None:
    there = (await directory.get("/Users", params={"filter": 'externalId eq "ext-refused"'})).json()["Resources"]
    one = there[0] if there else await made(directory, "refused")
    answer = await directory.patch(one["meta"]["location"], json=patch(operation))
    assert answer.status_code == 400, answer.text
    assert answer.json()["scimType"] == kind
    unchanged = (await directory.get(one["meta"]["location"])).json()
    assert unchanged["meta"]["version"] == 'W/"1"'


async def test_what_is_not_a_user_is_refused(directory: httpx.AsyncClient) -> None:
    for body in (b"", b"{", b"[]", b'"x"', b"\xff", b'{"schemas": [], "userName": 7}', b'{"displayName": "X"}'):
        answer = await directory.post("/Users", content=body)
        assert answer.status_code == 400, body
        assert answer.headers["content-type"] == "application/scim+json"
    for name in ("not an address", "client-1@clients.invalid"):
        answer = await directory.post("/Users", json={**user("x"), "userName": name})
        assert answer.json()["scimType"] == "invalidValue"
    lost = await directory.get("/Users/nobody")
    assert lost.status_code == 404
    groups = await directory.get("/Groups")
    assert groups.status_code == 404
    assert groups.headers["content-type"] == "application/scim+json"


async def test_only_a_token_for_provisioning_opens_it(served: str, directory: httpx.AsyncClient, world: World) -> None:
    async with httpx.AsyncClient(base_url=f"{served}/scim/v2") as caller:
        nobody = await caller.get("/Users")
        assert nobody.status_code == 401
        assert nobody.headers["www-authenticate"].startswith("Bearer")
        assert nobody.json()["status"] == "401"
        caller.cookies.update(await world.session(world.a, "authority_administrator"))
        cookie = await caller.get("/Users")
        assert cookie.status_code == 401
        for role, scopes in (("api_client", ["household:read"]), ("authority_administrator", None)):
            other = await caller.get("/Users", headers=await world.bearer(world.a, role, scopes))
            assert other.status_code == 403, role
            assert other.json()["status"] == "403"


async def test_each_directory_knows_its_own_people_alone(
    served: str, directory: httpx.AsyncClient, world: World
) -> None:
    one = await made(directory, "ours")
    theirs = await world.bearer(world.b, "api_client", ["scim:provision"])
    async with httpx.AsyncClient(base_url=f"{served}/scim/v2", headers=theirs) as other:
        listed = (await other.get("/Users")).json()["Resources"]
        assert listed
        assert all(found["userName"].endswith("@birkdale.example") for found in listed)
        for method in ("GET", "DELETE"):
            assert (await other.request(method, one["meta"]["location"])).status_code == 404
        # Somebody of two authorities: each calls them as it likes, and neither hears of the other.
        both = await other.post("/Users", json=user("ours", displayName="As Birkdale says"))
        assert both.status_code == 201
        renamed = await other.put(both.json()["meta"]["location"], json=user("ours", displayName="Renamed"))
        assert renamed.json()["displayName"] == "Renamed"
        moved = user("ours", emails=[{"value": "elsewhere@birkdale.example"}])
        assert (await other.put(both.json()["meta"]["location"], json=moved)).status_code == 409
    assert (await directory.get(one["meta"]["location"])).json()["displayName"] == "Ours Provisioned"


async def open_doors(settings: Settings, person: UUID) -> tuple[int, int]:
    """How many sessions and tokens of somebody still open anything, as their rows say."""
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        row = await owner.fetchrow(
            """select (select count(*) from identity.session where person_id = $1 and ended_at is null
                         and expires_at > now()),
                 (select count(*) from identity.token where person_id = $1 and revoked_at is null
                         and expires_at > now())""",
            person,
        )
    assert row is not None
    return row[0], row[1]


async def test_whoever_is_removed_there_is_refused_here_on_the_next_request(
    served: str, directory: httpx.AsyncClient, world: World, database: Database
) -> None:
    finder = world.a.people["placement_finder"]
    cookie = await world.session(world.a, "placement_finder")
    token = await world.bearer(world.a, "placement_finder")
    there = await directory.get("/Users", params={"filter": 'userName eq "placement-finder@ashmoor.example"'})
    address = there.json()["Resources"][0]["meta"]["location"]
    async with httpx.AsyncClient(base_url=served, cookies=cookie) as caller:
        assert (await caller.get("/placements/searches")).status_code == 200
        assert (await caller.get("/api/v1/searches", headers=token)).status_code == 200
        assert await open_doors(world.settings, finder) == (1, 1)
        assert (await directory.delete(address)).status_code == 204
        assert await open_doors(world.settings, finder) == (0, 0), "ended in the database, whoever asks or not"
        page = await caller.get("/placements/searches")
        assert page.status_code == 303
        assert page.headers["location"].startswith("/sign-in")
        assert (await caller.get("/api/v1/searches", headers=token)).status_code == 401
    async with as_owner(world.settings) as owner:
        live = await owner.fetchval(
            "select count(*) from tenants.temporary_role where person_id = $1 and ended_at is null", finder
        )
        assert live == 0
        entry = await owner.fetchrow("select * from audit.entry where action = 'member.deprovisioned' limit 1")
        assert entry is not None
    async with database.unbound() as uow:
        open_again = await uow.scalar(
            text("select identity.open_session(:hash, :person, :authority, null, null, null, false, '')"),
            {"hash": b"x" * 32, "person": finder, "authority": world.a.id},
        )
        assert open_again is False


async def test_nobody_who_helps_out_elsewhere_gets_another_address(
    directory: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    """Theirs is what the other authority knows them by; it may be changed once they help out there no more."""
    lend = """insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason, granted_by)
              values ($1, $2, 'delegation', '{out_of_hours}', tstzrange(now(), now() + interval '5 days'), 'x', $3)"""
    async with as_owner(settings) as owner:
        helper = world.a.people["contact_supervisor"]
        await owner.execute(lend, world.b.id, helper, world.b.people["authority_administrator"])
    there = await directory.get("/Users", params={"filter": 'userName eq "contact-supervisor@ashmoor.example"'})
    address = there.json()["Resources"][0]["meta"]["location"]
    wanted = [{"value": "another@ashmoor.example", "type": "work", "primary": True}]
    renamed = patch({"op": "Replace", "path": "emails", "value": wanted})
    assert (await directory.patch(address, json=renamed)).status_code == 409
    async with as_owner(settings) as owner:
        email = await owner.fetchval("select email from identity.person where id = $1", helper)
        assert email == "contact-supervisor@ashmoor.example"
        await owner.execute("update tenants.temporary_role set ended_at = now(), ended_by = granted_by")
    assert (await directory.patch(address, json=renamed)).status_code == 200


async def test_roles_lent_for_a_time_end_with_the_membership(
    served: str, directory: httpx.AsyncClient, world: World
) -> None:
    officer, manager = world.a.people["fostering_officer"], world.a.people["team_manager"]
    async with as_owner(world.settings) as owner:
        await owner.execute(
            """insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason, granted_by)
               values ($1, $2, 'delegation', '{placement_finder}', tstzrange(now(), now() + interval '5 days'), 'x', $3)
            """,
            world.a.id,
            officer,
            manager,
        )
    token = await world.bearer(world.a, "fostering_officer")
    there = await directory.get("/Users", params={"filter": 'userName eq "fostering-officer@ashmoor.example"'})
    address = there.json()["Resources"][0]["meta"]["location"]
    async with httpx.AsyncClient(base_url=served, headers=token) as caller:
        assert (await caller.get("/api/v1/households")).status_code == 200
        off = patch({"op": "Replace", "path": "active", "value": "False"})
        assert (await directory.patch(address, json=off)).status_code == 200
        assert (await caller.get("/api/v1/households")).status_code == 401
    async with httpx.AsyncClient(
        base_url=served, headers=await world.bearer(world.a, "authority_administrator", stepped_up=True)
    ) as caller:
        held = await caller.get(f"/api/v1/members/{address.rpartition('/')[2]}/holdings")
        assert any(kind["title"] == "Roles held for a time" for kind in held.json()["kinds"])


async def test_the_last_administrator_stays_even_for_the_directory(directory: httpx.AsyncClient) -> None:
    there = await directory.get("/Users", params={"filter": 'roles eq "authority_administrator"'})
    address = there.json()["Resources"][0]["meta"]["location"]
    assert (await directory.delete(address)).status_code == 409
    off = await directory.patch(address, json=patch({"op": "Replace", "path": "active", "value": "False"}))
    assert off.status_code == 409
    assert "last administrator" in off.json()["detail"]
    assert (await directory.get(address)).json()["active"] is True


async def test_default_roles_go_to_those_without(served: str, directory: httpx.AsyncClient, world: World) -> None:
    before = await made(directory, "roleless")
    assert "roles" not in before
    headers = await world.bearer(world.a, "authority_administrator", stepped_up=True)
    async with httpx.AsyncClient(base_url=served, headers=headers) as caller:
        read = await caller.get("/api/v1/membership-settings")
        put = await caller.put(
            "/api/v1/membership-settings",
            json={"default_roles": ["social_worker"]},
            headers={"If-Match": read.headers["etag"]},
        )
        assert put.status_code == 200, put.text
        refused = await caller.put(
            "/api/v1/membership-settings",
            json={"default_roles": ["authority_administrator"]},
            headers={"If-Match": put.headers["etag"]},
        )
        assert refused.status_code == 422
    after = await made(directory, "defaulted")
    assert [role["value"] for role in after["roles"]] == ["social_worker"]
