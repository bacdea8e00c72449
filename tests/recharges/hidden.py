"""A charge and an issued statement of an authority with one that is none of this world's, for isolation tests."""

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from tests.world import World, WorldAuthority

if TYPE_CHECKING:
    from tenants.actions import Owner

PAST = date(2001, 1, 1)


async def add_recharges(owner: "Owner", world: World, authority: WorldAuthority, agreement: UUID) -> dict[str, UUID]:
    """One row in each table of recharges: the authority lends to one that has ended long ago."""
    other = await _nobody(owner) or await add_ended(owner, world)
    subject = uuid4()
    basis: UUID = await owner.fetchval(
        """insert into tenants.charge_basis (lender_id, borrower_id, placement_id, kind, starts, vat_code,
             agreement_id, agreement_version)
           values ($1, $2, $3, 'residential_home', current_date - 60, 'welfare_exempt', $4, 1) returning id""",
        authority.id,
        other,
        uuid4(),
        agreement,
    )
    rows = (
        """charge_rate (lender_id, borrower_id, basis_id, part, during, weekly, when_empty)
           values ($1, $2, $3, 'base', daterange(current_date - 60, null), 4250, true)""",
        """charge_away (lender_id, borrower_id, basis_id, during, reason, percent)
           values ($1, $2, $3, daterange(current_date - 5, current_date - 4), 'pause', 50)""",
        """charge_funding (lender_id, borrower_id, basis_id, during, social_care, education, health)
           values ($1, $2, $3, daterange(current_date - 60, null), 60, 40, 0)""",
        "charge_change (lender_id, borrower_id, basis_id, what, effective) values ($1, $2, $3, 'opened', current_date)",
    )
    for row in rows:
        await owner.execute(f"insert into tenants.{row}", authority.id, other, basis)
    await owner.execute(
        """insert into tenants.charge_subject (authority_id, lender_id, borrower_id, basis_id, subject_id, label)
           values ($1, $1, $2, $3, $4, 'Hidden')""",
        authority.id,
        other,
        basis,
        subject,
    )
    for table, values in (
        ("income_plan (authority_id, subject_id, month, planned, label)", "$1, $2, '2026-04-01', 100, 'Hidden'"),
        ("charge_setting (authority_id, payment_days)", "$1, case when $2::uuid is null then 1 else 14 end"),
        (
            "charge_number (authority_id, series, format)",
            "$1, case when $2::uuid is null then '' else 'invoice' end, 'H-{number}'",
        ),
    ):
        await owner.execute(
            f"insert into tenants.{table} values ({values}) on conflict do nothing", authority.id, subject
        )
    await owner.execute(
        """insert into tenants.tariff_line (authority_id, kind, part, age_from, age_to, during, weekly, when_empty)
           values ($1, 'foster_home', 'base', 0, 17, '[2024-04-01,)', 258, true) on conflict do nothing""",
        authority.id,
    )
    price_change: UUID = await owner.fetchval(
        """insert into tenants.price_change (authority_id, basis_id, part, since, weekly, when_empty, reason, note,
             asked_by) values ($1, $2, 'base', current_date, 4100, true, 'agreed', 'Hidden', $3) returning id""",
        authority.id,
        basis,
        authority.people["payments"],
    )
    statement: UUID = await owner.fetchval(
        """insert into tenants.statement (lender_id, borrower_id, month, stage, invoice_number, issued_on, due_on,
             net, vat, digest, made_at)
           values ($1, $2, date_trunc('month', current_date - interval '1 month')::date, 'issued', $3, current_date,
             current_date + 30, 4250, 0, '\\x00', now()) returning id""",
        authority.id,
        other,
        f"H-{uuid4().hex[:8]}",
    )
    await owner.execute(
        """insert into tenants.charge_line (lender_id, borrower_id, statement_id, n, basis_id, kind, part, first_night,
             last_night, nth, weekly, percent, amount, vat_code, social_care, education, health)
           values ($1, $2, $3, 1, $4, 'charge', 'base', current_date - 37, current_date - 31, 1, 4250, 100, 4250,
             'welfare_exempt', 2550, 1700, 0)""",
        authority.id,
        other,
        statement,
        basis,
    )
    return {
        "statement": statement,
        "basis": basis,
        "subject": subject,
        "other": other,
        "price_change": price_change,
    }


async def _nobody(owner: "Owner") -> UUID | None:
    """An authority that was, and that nobody dealt with yet; None where there is none."""
    found: UUID | None = await owner.fetchval(
        """select a.id from tenants.authority a where a.name = 'Hidden' and a.ends is not null
           and not exists (select from tenants.charge_basis b where b.borrower_id = a.id) limit 1"""
    )
    return found


async def add_ended(owner: "Owner", world: World) -> UUID:
    """An authority that was: everybody may know its name, so it is there before what must not be noticed."""
    number = await owner.fetchval("select count(*) from tenants.authority")
    made: UUID = await owner.fetchval(
        """insert into tenants.authority (region_id, dfe_code, gss_code, name, short_name, starts, ends)
           values ($1, '990', $2, 'Hidden', 'Hidden', $3, $4) returning id""",
        world.region_id,
        f"E069{number:05}",
        PAST,
        date(2002, 1, 1),
    )
    return made
