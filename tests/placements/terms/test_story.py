"""Shows 4: a spare bed in a children's home, from the offer to the statement, to the penny.

The place costs £7,345.50 a week for complex need. A week begins on Monday; the first k nights of a week come to
round(w·k/7), half a penny up, so that part-weeks add up to the week. Each supplement is worked out for itself.

  supplement          in a week                    a week
  1:1                 10 hours at £19.40            194.00
  2:1                 20 hours at £24.10            482.00     until 15 March
  waking night         7 nights at £182.35        1,276.45
  all together        7,345.50 + 194.00 + 482.00 + 1,276.45 = 9,297.95

The boy comes on Wednesday 4 March 2026; the 2:1 ends with the night of Sunday 15; the review decides on the end on
Friday 20; he leaves on Sunday 29. Notice is 28 nights from 20 March, to 16 April, at 80% of the weekly price
(£5,876.40) for nights after he left, until another child has the place: on Wednesday 8 April.

  March               nights                       how it comes about                            £
  weekly price        4 to 8      nights 3 to 7    7,345.50 - round(7,345.50·2/7 = 2,098.714)    5,246.79
                      9 to 15     whole week                                                     7,345.50
                      16 to 22    whole week                                                     7,345.50
                      23 to 28    nights 1 to 6    round(7,345.50·6/7 = 6,296.143)               6,296.14
  1:1                 4 to 8                       194.00 - round(55.429)                          138.57
                      9 to 15, 16 to 22            two whole weeks                                 388.00
                      23 to 28                     round(166.286)                                  166.29
  2:1                 4 to 8                       482.00 - round(137.714)                         344.29
                      9 to 15                      whole week                                      482.00
  waking night        4 to 8                       1,276.45 - round(364.70)                        911.75
                      9 to 15, 16 to 22            two whole weeks                               2,552.90
                      23 to 28                     round(1,094.10)                               1,094.10
  notice              29          night 7          5,876.40 - round(5,876.40·6/7 = 5,036.914)      839.49
                      30 to 31    nights 1 to 2    round(5,876.40·2/7 = 1,678.971)               1,678.97
  March in all                                                                                  34,830.29

  April
  notice              1 to 5      nights 3 to 7    5,876.40 - 1,678.97                           4,197.43
                      6 to 7      nights 1 to 2                                                  1,678.97
  the next child      8 to 12     nights 3 to 7    4,850.00 - round(1,385.714)                   3,464.29
                      13 to 19, 20 to 26           two whole weeks of standard need              9,700.00
                      27 to 30    nights 1 to 4    round(2,771.429)                              2,771.43
  April in all                                                                                  21,812.12

Of each line social care pays 60%, education 25%, health 15%, to the penny: of 5,246.79 that is 3,148.07 (3,148.074),
1,311.70 (1,311.6975) and 787.02 (787.0185).
"""

from datetime import date
from decimal import Decimal
from typing import Any

from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.homes import today
from tests.placements.matches.test_way import consents, say
from tests.placements.terms.spare import Spare, spare_bed
from tests.placements.terms.test_gate import ASKED
from tests.placements.terms.test_pages import Reader

CAME, WITHOUT, REVIEWED, LEFT, REFILLED = (
    *(date(2026, 3, 4), date(2026, 3, 16), date(2026, 3, 20), date(2026, 3, 29)),
    date(2026, 4, 8),
)
MARCH: list[tuple[str, str, int, int, str]] = [
    ("Weekly price", "charge", 4, 8, "5246.79"),
    ("Weekly price", "charge", 9, 15, "7345.50"),
    ("Weekly price", "charge", 16, 22, "7345.50"),
    ("Weekly price", "charge", 23, 28, "6296.14"),
    ("1:1 staffing", "charge", 4, 8, "138.57"),
    ("1:1 staffing", "charge", 9, 15, "194.00"),
    ("1:1 staffing", "charge", 16, 22, "194.00"),
    ("1:1 staffing", "charge", 23, 28, "166.29"),
    ("2:1 staffing", "charge", 4, 8, "344.29"),
    ("2:1 staffing", "charge", 9, 15, "482.00"),
    ("Waking night staff", "charge", 4, 8, "911.75"),
    ("Waking night staff", "charge", 9, 15, "1276.45"),
    ("Waking night staff", "charge", 16, 22, "1276.45"),
    ("Waking night staff", "charge", 23, 28, "1094.10"),
    ("Weekly price", "notice", 29, 29, "839.49"),
    ("Weekly price", "notice", 30, 31, "1678.97"),
]
APRIL: list[tuple[str, str, int, int, str]] = [
    ("Weekly price", "notice", 1, 5, "4197.43"),
    ("Weekly price", "notice", 6, 7, "1678.97"),
    ("Weekly price", "charge", 8, 12, "3464.29"),
    ("Weekly price", "charge", 13, 19, "4850.00"),
    ("Weekly price", "charge", 20, 26, "4850.00"),
    ("Weekly price", "charge", 27, 30, "2771.43"),
]


async def statement(spare: Spare, month: date) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The lender's statement to Ashmoor of a month, and its lines."""
    between, world = spare.between, spare.between.world
    made = await between.call(world.b, "payments", "POST", "/recharges/statements", {"month": month.isoformat()})
    assert made.status_code == 200, made.text
    (one,) = made.json()["items"]
    lines = await between.call(world.b, "payments", "GET", f"/recharges/statements/{one['id']}/lines?limit=100")
    assert lines.status_code == 200, lines.text
    return one, lines.json()["items"]


def told(lines: list[dict[str, Any]]) -> list[tuple[str, str, int, int, str]]:
    """Lines as the tables above have them."""
    return [
        (
            one["part"],
            one["kind"],
            date.fromisoformat(one["first_night"]).day,
            date.fromisoformat(one["last_night"]).day,
            one["amount"],
        )
        for one in lines
    ]


async def test_a_spare_bed_from_the_offer_to_the_statement_to_the_penny(between: Between) -> None:
    world = between.world
    spare, reader = await spare_bed(between), Reader(between)
    # Found by the other council, asked for with supplements, assessed, matched.
    need = {"children": [{"age": 14, "sex": "M"}], "starts": today().isoformat(), "kinds": ["residential_home"]}
    made = await between.finder("POST", "/searches", need)
    assert made.status_code == 201, made.text
    results = (await between.finder("GET", f"/searches/{made.json()['id']}/results")).json()
    assert str(spare.offer) in {one["offer_id"] for one in results["results"]}
    enquiry = await spare.ask(born=date(2011, 6, 1), **ASKED)
    await spare.propose(enquiry)
    manager = (await consents(between, enquiry))["manager"]["id"]
    assert (await say(between, world.b, "residential_manager", manager)).status_code == 422  # not assessed yet
    await spare.assess(enquiry)
    await spare.agree(enquiry)
    placement = await spare.placement(enquiry)
    # The price list changes afterwards: what was agreed stands.
    async with between.database.bound(world.acting(world.b, "residential_manager")) as uow:
        await spare.dearer(uow)
    refused = await spare.start(placement, CAME, weekly="9999.00")
    assert [one["field"] for one in refused.json()["errors"]] == ["weekly"]
    started = await spare.start(placement, CAME)
    assert started.status_code == 200, started.text
    assert (await between.finder("GET", f"/enquiries/{enquiry}/terms")).json()["agreed"]
    (owed,) = started.json()["home_notices"]
    assert (owed["occasion"], owed["recipient_gss"], owed["sent_on"]) == ("admission", world.b.gss_code, None)
    ended = await spare.manager(
        "POST", f"/placements/{placement}/supplements/ended", {"part": "two_to_one", "since": WITHOUT.isoformat()}
    )
    assert ended.status_code == 204, ended.text
    await spare.end(placement, reviewed=REVIEWED, left=LEFT)
    assert [one["occasion"] for one in await spare.owed(placement)] == ["admission", "discharge"]

    # Names and terms are closed again; the placing side's sealed copy says what was agreed.
    assert (await between.finder("GET", f"/enquiries/{enquiry}/terms")).json()["offered"] is None
    sealed = await between.call(world.a, "team_manager", "GET", f"/placements/{placement}/archive")
    assert sealed.json()["body"]["terms"]["children"][0]["total"] == "9297.95"

    # The place is offered again by itself, and another child comes to it.
    spare = await spare.again()
    another = await spare.ask(born=date(2011, 6, 1), need_level="standard")
    after = await spare.match(another)
    assert (await spare.start(after, REFILLED)).status_code == 200

    march, lines = await statement(spare, date(2026, 3, 1))
    assert sorted(told(lines)) == sorted(MARCH)
    assert Decimal(march["net"]) == sum(Decimal(one[4]) for one in MARCH) == Decimal("34830.29")
    first = next(one for one in lines if one["amount"] == "5246.79")
    assert (first["social_care"], first["education"], first["health"]) == ("3148.07", "1311.70", "787.02")
    assert first["text"] == "5 nights, 4 to 8 March 2026, nights 3 to 7 of the week at £7,345.50 a week"
    april, lines = await statement(spare, date(2026, 4, 1))
    assert sorted(told(lines)) == sorted(APRIL)
    assert Decimal(april["net"]) == sum(Decimal(one[4]) for one in APRIL) == Decimal("21812.12")

    # Both sides read the same statement, and the home's income stands beside its plan.
    await reader.be(world.a, "payments")
    seen = await reader.see(f"/recharges/statements/{march['id']}")
    for words in ("£34,830.29", "Waking night staff", "Notice: "):
        assert words in seen, words
    async with between.database.bound(world.acting(world.b, "residential_manager")) as uow:
        await spare.plan(uow, "2026-04", Decimal("20000.00"))
    await reader.be(world.b, "payments")
    income = await reader.see(f"/recharges/income/{spare.home}?year=2026")
    for words in ("£21,812.12", "£20,000.00", "£1,812.12"):
        assert words in income, words


async def test_the_host_authority_is_told_that_a_child_came_and_left(between: Between) -> None:
    spare, reader, world = await spare_bed(between), Reader(between), between.world
    placement = await spare.match(await spare.ask())
    assert await spare.owed(placement) == []
    assert (await spare.start(placement, today())).status_code == 200
    (owed,) = await spare.owed(placement)
    assert "date of birth" in owed["contents"]
    assert "reg 41" in owed["source"]
    assert (await between.finder("GET", f"/placements/{placement}")).json()["home_notices"] == []  # the home's side's
    await reader.be(world.b, "residential_manager")
    waiting = (await reader.see("/placements/desk")).count("Tell the host authority of a child in your home")
    assert waiting
    path = f"/placements/in-our-homes/{placement}"
    assert "Whom the home tells" in await reader.see(path)
    form = f"{path}/host-notices"
    assert "reg 41" in await reader.see(form)
    assert "Say how it was sent" in (await reader.send(form, {"occasion": "admission", **_day(today())}, 400)).text
    await reader.send(form, {"occasion": "admission", **_day(today()), "how": "email"})
    assert "e-mail" in (await reader.see(path)).lower()
    desk = await reader.see("/placements/desk")
    assert desk.count("Tell the host authority of a child in your home") == waiting - 1
    bad = await spare.manager("POST", f"/placements/{placement}/host-notices", {"occasion": "discharge"})
    assert bad.status_code == 400
    await spare.end(placement, reviewed=today(), left=today())
    both = await spare.owed(placement)
    assert [(one["occasion"], one["sent_on"]) for one in both] == [
        ("admission", today().isoformat()),
        ("discharge", None),
    ]
    why = {"occasion": "discharge", "not_practicable": "The office is shut until Monday"}
    kept = await spare.manager("POST", f"/placements/{placement}/host-notices", why)
    assert kept.status_code == 200, kept.text
    await reader.be(world.a, "placement_finder")
    await reader.see(form, 403)
    await reader.be(world.c, "residential_manager")
    await reader.see(form, 404)


def _day(day: date) -> dict[str, str]:
    return {f"sent_on-{name}": str(getattr(day, name)) for name in ("day", "month", "year")}
