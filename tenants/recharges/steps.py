"""What each side does about a statement. The database looks each step up in tenants.statement_rule and moves the stage;
what is refused here first is refused in words.
"""

from datetime import date
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, PreconditionFailed
from tenants.recharges import codes, notes, queries, rules, telling, words
from tenants.recharges.actions import NAMES_NOBODY, ORDER_NUMBER
from tenants.recharges.model import ZERO
from tenants.recharges.queries import Statement

Name = Literal["issue", "order", "approve", "dispute", "withdraw", "answer", "credit", "adjust", "settle", "note"]

RULES = text("select stage, side, step, next_stage from tenants.statement_rule")
TAKE = text("""
    insert into tenants.statement_step (statement_id, step, reason, note, line_id, amount, vat, number)
    values (:statement, :step, :reason, :note, :line, :amount, :vat, :number) returning id
""")
LINE = text("""
    select l.amount, l.vat_code,
      coalesce(sum(case p.step when 'credit' then -p.amount else p.amount end), 0) as put_right
    from tenants.charge_line l left join tenants.statement_step p
      on p.lender_id = l.lender_id and p.line_id = l.id and p.step in ('credit', 'adjust')
    where l.statement_id = :statement and l.id = :line group by l.lender_id, l.id
""")
TREATMENTS = text("select distinct vat_code from tenants.charge_line where statement_id = :statement order by vat_code")
REVISION = text("select revision from tenants.statement where id = :statement")
EARLIER = text("""
    select min(e.month) from tenants.statement e
    where e.lender_id = :lender and e.borrower_id = :borrower and e.month < :month and e.stage = 'draft'
""")

MOST: Final = Decimal(10_000_000)
_PENCE: Final = Decimal("0.01")


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """A step with what belongs to it: `reason` a code of its list, `line_id` the line meant, `amount` in pounds."""

    step: Name
    reason: str = ""
    note: str = ""
    line_id: UUID | None = None
    amount: Decimal | None = None
    order_number: str | None = None


async def take(uow: Uow, statement_id: UUID, expected: int | None, taking: Taking, today: date) -> UUID:
    """Take a step for the bound authority; the step's id.

    Raises NotFound, Invalid naming the field, Conflict where the stage or the side does not allow it, and
    PreconditionFailed where the statement is not of the `expected` revision any more.
    """
    found = await queries.statement(uow, statement_id)
    if expected is not None and found.revision != expected:
        raise PreconditionFailed
    await _allowed(uow, found, taking.step, today)
    _check(found, taking)
    vat = await _money(uow, found, taking, today)
    step: UUID = (
        await uow.execute(
            TAKE,
            {
                "statement": statement_id,
                "step": taking.step,
                "reason": taking.reason,
                "note": taking.note.strip(),
                "line": taking.line_id,
                "amount": taking.amount,
                "vat": vat,
                "number": taking.order_number,
            },
        )
    ).scalar_one()
    if expected is not None and await uow.scalar(REVISION, {"statement": statement_id}) != expected + 1:
        raise PreconditionFailed  # somebody took another step between our reading and the lock
    after = {"step": taking.step, "reason": taking.reason, "line": taking.line_id, "amount": taking.amount, "vat": vat}
    await audit.record_shown(
        uow,
        f"statement.{taking.step}",
        criteria=after,
        shown=[audit.Shown(found.other_id, None, [statement_id])],
    )
    await telling.tell_other(uow, found.other_id, statement_id, taking.step, step)
    return step


async def possible(uow: Uow, found: Statement) -> set[str]:
    """The steps that the bound side may take now."""
    rows = await uow.execute(RULES)
    return {row.step for row in rows if (row.stage, row.side) == (found.stage, found.side)}


async def _allowed(uow: Uow, found: Statement, step: str, today: date) -> None:
    if step not in await possible(uow, found):
        stage = words.STAGES[found.stage].lower()
        raise Conflict(f"This cannot be done by your authority while the statement is {stage}")
    if step == "issue":
        if found.month >= rules.month_of(today):
            raise Conflict("A statement is issued when its month is over")
        given = {"lender": found.lender_id, "borrower": found.borrower_id, "month": found.month}
        earlier: date | None = await uow.scalar(EARLIER, given)
        if earlier is not None:
            raise Conflict(f"Issue the statement for {words.month(earlier)} first")


def _check(found: Statement, taking: Taking) -> None:
    errors: list[FieldError] = []
    listed = words.LISTS.get(taking.step)
    if listed and taking.reason not in {one.code for one in codes.codes(listed)}:
        errors.append(FieldError("reason", "Select a reason"))
    if not listed and taking.reason:
        errors.append(FieldError("reason", "This step takes no reason"))
    if taking.step == "note" and not taking.note.strip():
        errors.append(FieldError("note", "Enter the note"))
    if wrong := notes.problem(taking.note, [found.lender, found.borrower]):
        errors.append(FieldError("note", wrong))
    if taking.step == "order" and not (taking.order_number and ORDER_NUMBER.fullmatch(taking.order_number)):
        errors.append(FieldError("order_number", NAMES_NOBODY))
    if taking.step in {"credit", "adjust"} and taking.amount is None:
        errors.append(FieldError("amount", "Enter the amount in pounds and pence, like 120.50"))
    if taking.amount is not None:
        errors += _amount(taking)
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _amount(taking: Taking) -> list[FieldError]:
    amount = taking.amount or ZERO
    if taking.step not in {"credit", "adjust", "dispute"}:
        return [FieldError("amount", "This step takes no amount")]
    if amount != amount.quantize(_PENCE) or abs(amount) > MOST:
        return [FieldError("amount", "The amount must be in pounds and pence, like 120.50")]
    if amount == 0 or (amount < 0 and taking.step != "adjust"):
        return [FieldError("amount", "The amount must be more than £0")]
    return []


async def _money(uow: Uow, found: Statement, taking: Taking, today: date) -> Decimal:
    """The VAT on a credit or an adjustment, having looked at the line it is about and at what is still owed."""
    line = None
    if taking.line_id is not None:
        line = (await uow.execute(LINE, {"statement": found.id, "line": taking.line_id})).one_or_none()
        if line is None:
            raise Invalid(errors=[FieldError("line_id", "Select a line of this statement")])
    if taking.amount is None or taking.step not in {"credit", "adjust"}:
        return ZERO
    if line is None:
        treatments = list((await uow.execute(TREATMENTS, {"statement": found.id})).scalars())
        if len(treatments) != 1:
            raise Invalid(errors=[FieldError("line_id", "Select the line: this statement has several VAT treatments")])
    else:
        treatments = [line.vat_code]
        if taking.step == "credit" and taking.amount > line.amount + line.put_right:
            raise Invalid(errors=[FieldError("amount", "The credit is more than what still stands of this line")])
    if taking.step == "adjust":
        return ZERO  # it is worked out on the statement that the adjustment comes on
    vat = rules.pence(taking.amount * codes.vat_rates(today)[treatments[0]] / 100)
    if taking.amount + vat > found.outstanding:
        raise Invalid(errors=[FieldError("amount", "The credit is more than what is owed by this statement")])
    return vat
