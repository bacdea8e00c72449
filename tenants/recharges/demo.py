"""The demo's money between authorities: a few placements of each lender, and statements of the last three months.

The same in every run of a month. The oldest statements are paid, those after them are agreed, disputed or wait, the
latest are drafts. Each lender posted one price too late, so that its second statement puts the first one right.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import text

from careshare.database import Acting, Database, Uow
from careshare.service import Progress
from careshare.settings import Settings
from tenants.actions import as_owner
from tenants.recharges import actions, charges, queries, rules, statements, steps, tariff
from tenants.recharges.charges import Setting
from tenants.recharges.days import today
from tenants.recharges.model import Funding, Opening, Rate, Split
from tenants.recharges.steps import Name, Taking
from tenants.recharges.tariff import Pricing

INVENTED: Final = UUID("6b0c1f3e-5f0e-4a43-9a86-5d3f6f6f0a11")
"""Under which the demo's placement ids are made, so that two runs are alike."""
STAFF: Final = """
    select distinct on (a.dfe_code, r.role) a.dfe_code, a.id as authority_id, r.role, m.person_id
    from tenants.authority a
    join tenants.member m on m.authority_id = a.id
    cross join (values ('payments'), ('budget_holder')) r (role)
    where m.roles @> array[r.role] order by a.dfe_code, r.role, m.id
"""
THERE = text("select exists (select from tenants.charge_basis where lender_id = (select careshare.authority()))")
DRAFTS = text("""
    select id from tenants.statement
    where lender_id = (select careshare.authority()) and stage = 'draft' and month = :month order by id
""")
SKILLS: Final = Decimal("161.50")
Staff = dict[str, dict[str, Acting]]


async def load(settings: Settings, agreement_title: str, progress: Progress) -> None:
    """Give each authority of an agreement placements to charge and three months of statements. Nothing where it has."""
    async with as_owner(settings) as owner:
        agreement: UUID | None = await owner.fetchval(
            "select id from tenants.agreement where title = $1 and state = 'in_force'", agreement_title
        )
        rows = await owner.fetch(STAFF)
    staff: Staff = {}
    for row in rows:
        acting = Acting(row["authority_id"], row["person_id"], "recharge:issue")
        staff.setdefault(row["dfe_code"], {})[row["role"]] = acting
    if agreement is None or len(staff) < 3:
        return
    database = Database.open(settings, pool_size=1)
    try:
        codes = sorted(staff)
        async with database.bound(staff[codes[0]]["payments"]) as uow:
            if await uow.scalar(THERE):
                return
        progress("Stating what authorities owe each other")
        for place in range(len(codes)):
            await _lender(database, staff, codes, place, agreement)
            progress("Stating what authorities owe each other", (place + 1) / len(codes))
    finally:
        await database.close()


async def _lender(database: Database, staff: Staff, codes: list[str], place: int, agreement: UUID) -> None:
    lender = staff[codes[place]]["payments"]
    month = rules.month_of(rules.month_of(today()) - rules.DAY)
    second = rules.month_of(month - rules.DAY)
    first = rules.month_of(second - rules.DAY)
    borrowers = [codes[(place + step) % len(codes)] for step in (1, 2, 5)]
    async with database.bound(lender) as uow:
        await charges.change_setting(uow, _setting())
        for one in _tariff(place, first):
            await tariff.change(uow, one)
        made = [
            await actions.open_basis(uow, _opening(staff, codes[place], number, code, first=first, agreement=agreement))
            for number, code in enumerate(borrowers)
        ]
    await _state(database, lender, first)
    await _each(database, staff, lender, first, ("approve", "settle"))
    async with database.bound(lender) as uow:  # too late for the first statement
        await actions.change_price(uow, made[0], first + timedelta(days=13), Decimal("286.00"))
        if place % 3 == 1:
            await actions.close_basis(uow, made[2], second + timedelta(days=18), second + timedelta(days=11))
            await actions.refilled(uow, made[2], second + timedelta(days=23))
    await _state(database, lender, second)
    done: tuple[tuple[Name, ...], ...] = (("approve",), ("dispute",), (), ("dispute", "answer"))
    await _each(database, staff, lender, second, done[place % len(done)])
    async with database.bound(lender) as uow:
        await statements.make(uow, month, today())


def _tariff(place: int, since: date) -> list[Pricing]:
    """A tariff for foster homes by age, a little dearer from lender to lender, with a fee for skills."""
    base = [((0, 4), 214), ((5, 10), 258), ((11, 15), 297), ((16, 17), 341)]
    ages = [
        *((low, high, "base", Decimal(weekly + 3 * place)) for (low, high), weekly in base),
        (0, 17, "skills", SKILLS),
    ]
    return [
        Pricing(
            kind="foster_home", part=part, age_from=low, age_to=high, since=since - timedelta(days=400), weekly=weekly
        )
        for low, high, part, weekly in ages
    ]


def _setting() -> Setting:
    return Setting(
        payment_days=30, pay_to="The council’s income office, by the reference above", invoice_format="RC-{number}"
    )


def _opening(staff: Staff, lender: str, number: int, borrower: str, *, first: date, agreement: UUID) -> Opening:
    """The first and second placement are in foster homes, the third in a children's home with a supplement."""
    starts = first - timedelta(days=40 - 17 * number) if number else first + timedelta(days=9)
    rates = (
        Rate(weekly=Decimal("258.00"), since=starts),
        Rate(part="skills", weekly=SKILLS, since=starts),
    )
    if number == 2:
        until = first + timedelta(days=45)
        rates = (
            Rate(weekly=Decimal("4250.00"), since=starts),
            Rate(part="one_to_one", weekly=Decimal("612.50"), since=starts, until=until, when_empty=False),
        )
    funding = (Funding(since=starts, split=Split(Decimal(60), Decimal(25), Decimal(15))),) if number == 2 else ()
    return Opening(
        placement_id=uuid5(INVENTED, f"placement {lender} {number}"),
        borrower_id=staff[borrower]["payments"].authority_id,
        kind="residential_home" if number == 2 else "foster_home",
        price_source="home" if number == 2 else "tariff",
        starts=starts,
        rates=rates,
        funding=funding,
        agreement_id=agreement,
        agreement_version=1,
        notice_nights=14 if number == 2 else 0,
        order_number=f"PO {borrower}{number}44",
        subject_id=uuid5(INVENTED, f"home {lender} {number}"),
        label=f"Home {number + 1}",
        reference=f"FC-{lender}{number}",
        ledger_code=f"{lender}-4400-{number}",
    )


async def _state(database: Database, lender: Acting, month: date) -> None:
    async with database.bound(lender) as uow:
        await statements.make(uow, month, today())
        for one in list((await uow.execute(DRAFTS, {"month": month})).scalars()):
            await steps.take(uow, one, None, Taking(step="issue"), today())


TAKINGS: Final[dict[str, Taking]] = {
    "approve": Taking(step="approve"),
    "settle": Taking(step="settle"),
    "dispute": Taking(step="dispute", reason="price", note="We have another weekly price in our papers for line 1."),
    "answer": Taking(step="answer", reason="stands", note="The price of line 1 is the one that both agreed."),
}


async def _each(database: Database, staff: Staff, lender: Acting, month: date, names: tuple[Name, ...]) -> None:
    """Take these steps on each of a lender's statements of a month, each by the side that may."""
    by_authority = {roles["payments"].authority_id: roles for roles in staff.values()}
    async with database.bound(lender) as uow:
        made = await queries.statements(uow, side="lender", month=month)
    for name in names:
        for one in made:
            roles = by_authority[one.borrower_id]
            who = (
                lender if name in {"settle", "answer"} else roles["budget_holder" if name == "approve" else "payments"]
            )
            async with database.bound(who) as uow:
                await _take(uow, one.id, name)


async def _take(uow: Uow, statement: UUID, name: Name) -> None:
    await steps.take(uow, statement, None, TAKINGS[name], today())
