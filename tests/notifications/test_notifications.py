"""Who is told, once; what an e-mail says; what is shown to whom; what is tidied away."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
from sqlalchemy import text

from careshare.database import Acting, Database
from careshare.jobs.registry import SYSTEM, Nothing
from careshare.kept import Subject
from careshare.messages.subjects import SUBJECT_DATA
from careshare.messages.wording import Manner, compose, template
from careshare.notifications import News, forget, notify, queries
from careshare.notifications.jobs import daily
from careshare.tidying import jobs as tidying
from tenants.actions import as_owner
from tests.world import World, WorldAuthority, submit

API = "/api/v1/notifications"


def news(**changed: Any) -> News:
    """An enquiry that waits for whoever keeps homes."""
    subject = changed.get("subject") or uuid4()
    given: dict[str, Any] = {
        "kind": "answer_enquiry",
        "subject": subject,
        "event": "sent",
        "path": f"/placements/to-answer/{subject}",
        "roles": ("fostering_officer",),
    }
    given.update(changed)
    return News(**given)


async def tell(database: Database, who: WorldAuthority, one: News, actor: UUID = SYSTEM) -> int:
    """As a job of the authority would."""
    async with database.bound(Acting(who.id, actor, "test")) as uow:
        return await notify(uow, one)


async def seen(
    database: Database, world: World, role: str, who: WorldAuthority | None = None
) -> list[queries.Notification]:
    """What somebody is shown."""
    async with database.bound(world.acting(who or world.a, role)) as uow:
        return await queries.listed(uow)


async def wants(database: Database, world: World, role: str, how: queries.How) -> None:
    async with database.bound(world.acting(world.a, role)) as uow:
        await uow.execute(
            text("""insert into messages.notification_choice (authority_id, person_id, how)
                    values (careshare.authority(), careshare.actor(), :how)
                    on conflict (authority_id, person_id) do update set how = excluded.how"""),
            {"how": how},
        )


async def mails(world: World, role: str, name: str = "waits") -> list[dict[str, Any]]:
    """The e-mails asked for to somebody of Ashmoor, as they would read, the latest last."""
    async with as_owner(world.settings) as owner:
        rows = await owner.fetch(
            'select "values" as kept, worded_on from messages.message where person_id = $1 and template = $2'
            " order by created_at, id",
            world.a.people[role],
            name,
        )
    found = []
    for row in rows:
        kept = msgspec.json.decode(row["kept"])
        made = compose(
            template(name), "email", kept, Manner(), day=row["worded_on"], places={}, root="https://careshare.example"
        )
        assert made is not None
        found.append({"subject": made.subject, "text": made.text, "link": kept["link"]})
    return found


async def test_whose_work_it_is_is_told_and_else_everybody_with_the_role(world: World, database: Database) -> None:
    assigned = news(person=world.a.people["team_manager"], roles=("fostering_officer", "residential_manager"))
    assert await tell(database, world.a, assigned) == 1
    assert assigned.subject not in {UUID(one.path[-36:]) for one in await seen(database, world, "fostering_officer")}
    (shown,) = [one for one in await seen(database, world, "team_manager") if str(assigned.subject) in one.path]
    assert (shown.kind, shown.read_at) == ("answer_enquiry", None)
    nobodys = news(roles=("fostering_officer", "residential_manager"))
    assert await tell(database, world.a, nobodys) == 2
    stranger = news(person=world.b.people["team_manager"])
    assert await tell(database, world.a, stranger) == 1, "who has left, or works elsewhere, has no work here"
    assert await seen(database, world, "team_manager", world.b) == []


async def test_told_twice_it_is_told_once(world: World, database: Database) -> None:
    one = news()
    assert [await tell(database, world.a, one) for _ in range(2)] == [1, 0]
    again = msgspec.structs.replace(one, event="sent-again")
    assert await tell(database, world.a, again) == 0, "the first is not read yet"
    async with database.bound(world.acting(world.a, "fostering_officer")) as uow:
        await uow.execute(
            text("update messages.notification set read_at = now() where subject_id = :s"), {"s": one.subject}
        )
    assert await tell(database, world.a, one) == 0, "the event is the same"
    assert await tell(database, world.a, again) == 1


async def test_nobody_is_told_of_what_they_did(world: World, database: Database) -> None:
    one = news(roles=("fostering_officer", "team_manager"))
    assert await tell(database, world.a, one, world.a.people["fostering_officer"]) == 1
    assert str(one.subject) not in str(await seen(database, world, "fostering_officer"))


async def test_an_e_mail_goes_to_who_chose_so_and_says_no_more_than_what_kind_of_thing_and_when(
    world: World, database: Database
) -> None:
    due = datetime(2026, 11, 30, 18, 12, tzinfo=UTC)
    role = "reviewing_officer"
    one = news(roles=(role,), due=due)
    for how, expected in (("none", 0), ("daily", 0), ("at_once", 1)):
        before = len(await mails(world, role))
        await wants(database, world, role, how)  # type: ignore[arg-type]  # each of the three
        one = news(roles=(role,), due=due)
        assert await tell(database, world.a, one) == 1
        assert len(await mails(world, role)) - before == expected, how
    assert await tell(database, world.a, one) == 0
    (mail,) = await mails(world, role)
    shown = (await seen(database, world, role))[0]
    link = f"https://careshare.example/notifications/{shown.id}"
    assert mail["subject"] == "Something new for you in Careshare"
    assert mail["text"].split() == (
        f"New for you in Careshare: an enquiry to answer, by 6:12pm on Monday 30 November. {link}".split()
    )
    assert str(one.subject) not in str(mail), "not even an identifier of the case"


async def test_one_e_mail_a_day_counts_what_is_new_and_unread_once(world: World, database: Database) -> None:
    role = "budget_holder"
    await wants(database, world, role, "daily")
    locked = uuid4()
    for one in (news(roles=(role,)), news(roles=(role,)), news(roles=(role,), records=[locked])):
        await tell(database, world.a, one)
    await lock(world, locked, role)
    for _ in range(2):
        async with database.bound(Acting(world.a.id, SYSTEM, "test")) as uow:
            await daily(uow, Nothing())
    (mail,) = await mails(world, role, "waits_daily")
    assert "have not read yet: 2." in mail["text"]
    assert mail["link"] == "/notifications"
    await tell(database, world.a, news(roles=(role,)))
    async with database.bound(Acting(world.a.id, SYSTEM, "test")) as uow:
        await daily(uow, Nothing())
    assert "have not read yet: 1." in (await mails(world, role, "waits_daily"))[-1]["text"]


async def lock(world: World, record: UUID, role: str) -> None:
    async with as_owner(world.settings) as owner:
        await owner.execute(
            """insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)
               values ($1, $2, $3, 'A relative', $4)""",
            world.a.id,
            record,
            world.a.people[role],
            world.a.people["data_protection_officer"],
        )


async def test_a_record_locked_from_somebody_is_not_told_and_not_shown_to_them(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    role, record = "exemptions_officer", uuid4()
    before = news(roles=(role,), records=[record])
    assert await tell(database, world.a, before) == 1
    (shown,) = await seen(database, world, role)
    headers = await world.bearer(world.a, role)
    assert (await client.get(API, headers=headers)).json()["unread"] == 1
    await lock(world, record, role)
    assert await tell(database, world.a, news(roles=(role,), records=[record])) == 0
    assert await tell(database, world.a, news(person=world.a.people[role], records=[record])) == 1, "the roles instead"
    assert await seen(database, world, role) == []
    assert (await client.get(API, headers=headers)).json() == {"items": [], "unread": 0, "next_cursor": None}
    await world.sign_in(client, world.a, role)
    assert (await client.get(f"/notifications/{shown.id}")).status_code == 404


async def test_the_header_counts_and_opening_one_reads_it(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    role = "payments"
    await world.sign_in(client, world.a, role)
    assert unread_in(await client.get("/notifications")) == 0
    late = news(roles=(role,), due=datetime.now(UTC) - timedelta(minutes=1), path="/recharges")
    for one in (news(roles=(role,), path="/recharges"), late):
        await tell(database, world.a, one)
    page = await client.get("/notifications")
    assert unread_in(page) == 2
    assert page.text.count("An enquiry to answer") == 2
    assert page.text.count(">Late<") == 1
    first = re.findall(r'href="(/notifications/[0-9a-f-]{36})"', page.text)[0]
    opened = await client.get(first)
    assert (opened.status_code, opened.headers["location"]) == (303, "/recharges")
    assert unread_in(await client.get("/recharges")) == 1, "on every page"
    await world.sign_in(client, world.a, "team_manager")
    assert (await client.get(first)).status_code == 404, "it is somebody else's"
    await world.sign_in(client, world.b, role)
    assert (await client.get(first)).status_code == 404
    await world.sign_in(client, world.a, role)
    marked = await submit(client, "/notifications", {}, to="/notifications/read")
    assert marked.status_code == 303
    assert unread_in(await client.get("/notifications")) == 0


def unread_in(page: httpx.Response) -> int:
    assert page.status_code == 200, page.text
    bar = page.text.partition('class="careshare-acting__links"')[2].partition("</div>")[0]
    assert 'href="/notifications"' in bar
    found = re.search(r'<strong class="careshare-count">(\d+)', bar)
    return int(found[1]) if found else 0


async def test_each_chooses_for_themselves(world: World, database: Database, client: httpx.AsyncClient) -> None:
    role = "contact_coordinator"
    await world.sign_in(client, world.a, role)
    page = await client.get("/notifications/settings")
    assert re.search(r'value="none"[^>]* checked', page.text), "nobody gets mail who did not ask for it"
    empty = await submit(client, "/notifications/settings", {"how": "hourly"})
    assert empty.status_code == 400
    assert "Choose whether you want e-mails" in empty.text or "e-mails" in empty.text
    saved = await submit(client, "/notifications/settings", {"how": "daily"})
    assert (saved.status_code, saved.headers["location"]) == (303, "/notifications")
    assert "one e-mail a day" in (await client.get("/notifications")).text
    headers = await world.bearer(world.a, role)
    assert (await client.get("/api/v1/notification-choice", headers=headers)).json() == {"how": "daily"}
    changed = await client.put("/api/v1/notification-choice", json={"how": "at_once"}, headers=headers)
    assert changed.json() == {"how": "at_once"}
    assert (await client.put("/api/v1/notification-choice", json={"how": "x"}, headers=headers)).status_code == 400
    other = await world.bearer(world.a, "contact_supervisor")
    assert (await client.get("/api/v1/notification-choice", headers=other)).json() == {"how": "none"}
    async with as_owner(world.settings) as owner:
        recorded = await owner.fetchval(
            "select count(*) from audit.entry where action = 'notification.chosen' and actor_id = $1",
            world.a.people[role],
        )
    assert recorded == 2


async def test_the_api_pages_and_marks_some_as_read(
    world: World, database: Database, client: httpx.AsyncClient
) -> None:
    role = "allowances_officer"
    for _ in range(3):
        await tell(database, world.a, news(roles=(role,)))
    headers = await world.bearer(world.a, role)
    first = (await client.get(API, params={"limit": 2}, headers=headers)).json()
    second = (await client.get(API, params={"limit": 2, "cursor": first["next_cursor"]}, headers=headers)).json()
    ids = [one["id"] for one in (*first["items"], *second["items"])]
    assert (len(set(ids)), second["next_cursor"], first["unread"]) == (3, None, 3)
    left = await client.post(f"{API}/read", json={"ids": ids[:1]}, headers=headers)
    assert left.json() == {"unread": 2}
    other = await world.bearer(world.a, "team_manager")
    await client.post(f"{API}/read", json={"ids": ids}, headers=other)
    unread = (await client.get(API, params={"unread": True}, headers=headers)).json()
    assert [one["id"] for one in unread["items"]] == ids[1:], "nobody reads for another"


async def test_what_waits_no_longer_is_forgotten_by_whoever_has_not_read_it(world: World, database: Database) -> None:
    one = news(roles=("director",))
    await tell(database, world.a, one)
    async with database.bound(Acting(world.a.id, SYSTEM, "test")) as uow:
        await forget(uow, one.subject, {"grant_hold"})
        await forget(uow, uuid4(), {"answer_enquiry"})
    assert (await seen(database, world, "director"))[0].read_at is None
    async with database.bound(Acting(world.a.id, SYSTEM, "test")) as uow:
        await forget(uow, one.subject, {"answer_enquiry"})
    assert (await seen(database, world, "director"))[0].read_at is not None


async def test_a_choice_is_the_persons_in_one_authority(world: World, database: Database) -> None:
    await wants(database, world, "director", "at_once")
    async with database.bound(world.acting(world.a, "director")) as uow:
        assert await queries.choice(uow) == "at_once"
    async with database.bound(Acting(world.b.id, world.a.people["director"], "test")) as uow:
        assert await queries.choice(uow) == "none"


async def test_somebody_s_own_data_says_how_often_they_were_told_and_what_they_chose(
    world: World, database: Database
) -> None:
    role = "regional_board_member"
    person = world.a.people[role]
    for _ in range(2):
        await tell(database, world.a, news(roles=(role,)))
    await wants(database, world, role, "daily")
    async with database.bound(world.acting(world.a, "data_protection_officer")) as uow:
        items = await SUBJECT_DATA.collect(uow, Subject("colleague", person, "A colleague"))
        of_nobody = await SUBJECT_DATA.collect(uow, Subject("colleague", uuid4(), "Nobody"))
    said = {one.key: one.value for one in items}
    assert said["told:notifications"].startswith("2, from ")
    assert said["told:choice"] == "daily"
    assert of_nobody == []


async def test_old_ones_go_after_ninety_days(world: World, database: Database) -> None:
    old, young = news(roles=("nominated_officer",)), news(roles=("nominated_officer",))
    for one in (old, young):
        await tell(database, world.a, one)
    async with as_owner(world.settings) as owner:
        for one, days in ((old, 91), (young, 89)):
            await owner.execute(
                "update messages.notification set made_at = now() - make_interval(days => $2) where subject_id = $1",
                one.subject,
                days,
            )
    async with database.bound(Acting(world.b.id, SYSTEM, "test")) as uow:
        await tidying.tidy(uow, Nothing())
    assert len(await seen(database, world, "nominated_officer")) == 2, "another authority's night leaves them"
    async with database.bound(Acting(world.a.id, SYSTEM, "test")) as uow:
        await tidying.tidy(uow, Nothing())
    (left,) = await seen(database, world, "nominated_officer")
    assert str(young.subject) in left.path


async def test_the_count_of_every_page_reads_the_index_of_what_is_unread(world: World, database: Database) -> None:
    async with as_owner(world.settings) as owner:  # as many as it takes to make the other indexes the worse choice
        await owner.execute(
            """insert into messages.notification (authority_id, person_id, kind, subject_id, event, path)
               select $1, p, 'test', gen_random_uuid(), 'test', '/'
               from unnest($2::uuid[]) p, generate_series(1, 40)""",
            world.a.id,
            list(world.a.people.values()),
        )
        await owner.execute("analyze messages.notification")
    async with database.bound(world.acting(world.a)) as uow:
        await uow.execute(text("set local enable_seqscan = off"))
        plan = "\n".join((await uow.execute(text(f"explain {queries.UNREAD.text}"))).scalars())
    async with as_owner(world.settings) as owner:
        await owner.execute("delete from messages.notification where kind = 'test'")
    assert re.search(r"Index Cond: .*person_id = ", plan), plan  # one person's rows, and nobody else's
