"""What people do about terms: ask for them, offer a price, state another, assess; and what follows in the charge."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound, Unprocessable
from services.placements import steps
from services.placements.queries import today
from services.placements.terms import rules
from services.placements.terms.model import Asked, ChildAsked, ChildPrice, ChildQuote, Offered, Quote, Wanted
from services.residential.public import assessment_decided, open_assessment, weekly_price
from tenants.recharges.actions import MOST as MOST_WEEKLY
from tenants.recharges.rules import pence

ASK = text("""
insert into placements.terms_asked (authority_id, enquiry_id, body)
select e.placing_id, e.id, cast(:body as jsonb) from placements.enquiry e
where e.placing_id = (select careshare.authority()) and e.id = any(:enquiries) and e.kind <> 'foster_home'
""")
ASKED = text("select cast(body as text) from placements.terms_asked where enquiry_id = :id")
OFFER = text("""
insert into placements.terms_offered (authority_id, enquiry_id, body)
values (careshare.authority(), :id, cast(:body as jsonb))
on conflict (authority_id, enquiry_id) do update
  set body = excluded.body, by = careshare.actor(), at = clock_timestamp()
""")
OFFERED = text("select cast(body as text) from placements.terms_offered where enquiry_id = :id")
MINE = text("""
select e.kind, e.stage, e.starts, e.children, e.placing_id, e.agreement_id, w.subject_id,
  cast(p.body as text) as profile
from placements.enquiry e
join placements.answering w on w.authority_id = e.providing_id and w.enquiry_id = e.id
left join placements.child_profile p on p.authority_id = e.placing_id and p.enquiry_id = e.id
where e.providing_id = (select careshare.authority()) and e.id = :id
""")
FOSTERED: Final = "foster_home"
OPEN: Final = frozenset({"sent", "accepted", "proposed", "matching"})


async def ask(
    uow: Uow, enquiries: Sequence[UUID], children: int, need_level: str | None, supplements: Sequence[Wanted]
) -> None:
    """Say with enquiries which level of need and which supplements are asked for, the same for each child.

    Nothing where neither is said, nor to a foster home. Raises Invalid.
    """
    if need_level is None and not supplements:
        return
    level = need_level or rules.STANDARD
    errors = rules.checked(level, supplements, today())
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    body = Asked([ChildAsked(level, list(supplements))] * children)
    await uow.execute(ASK, {"enquiries": list(enquiries), "body": msgspec.json.encode(body).decode()})


async def asked_for(uow: Uow, enquiry_id: UUID, children: int) -> list[ChildAsked]:
    """What is asked for, child by child; standard need without supplements where nothing was said."""
    body = (await uow.execute(ASKED, {"id": enquiry_id})).scalar_one_or_none()
    if body is None:
        return [ChildAsked(rules.STANDARD, [])] * children
    return msgspec.json.decode(body, type=Asked).children


async def preview(uow: Uow, enquiry_id: UUID, home_id: UUID, starts: date, children: int) -> list[ChildPrice] | None:
    """What the home's price list makes of what is asked for; None where it has no price for all of it."""
    found = [
        await price_of(uow, home_id, starts, one.need_level, one.supplements)
        for one in await asked_for(uow, enquiry_id, children)
    ]
    known = [one for one in found if one is not None]
    return known if len(known) == len(found) else None


async def price_of(
    uow: Uow,
    home_id: UUID,
    on: date,
    need_level: str,
    supplements: Sequence[Wanted] = (),
    *,
    weekly: Decimal | None = None,
) -> ChildPrice | None:
    """What a place in one's own home costs from a day on; None where its price list does not say.

    `weekly` replaces the list's price; notice, funding and supplements are still the list's.
    """
    chosen: Mapping[str, Decimal] = {one.code: one.quantity for one in supplements}
    found = await weekly_price(uow, home_id, on, need_level, chosen, any_level=weekly is not None)
    return None if found is None else rules.child_price(found, need_level, weekly)


async def offer(uow: Uow, enquiry_id: UUID, kind: str, *, home_id: UUID, starts: date, children: int) -> bool:
    """Offer what was asked for at the home's own price, as it stands today; whether there is such a price."""
    if kind == FOSTERED:
        return False
    prices = await preview(uow, enquiry_id, home_id, starts, children)
    if prices is None:
        return False
    await _offer(uow, enquiry_id, prices)
    return True


async def quote(uow: Uow, enquiry_id: UUID, given: Quote) -> None:
    """State the price of each child anew, until the placing authority has agreed to one.

    Raises NotFound; Conflict once it agreed or the enquiry is over; Invalid; Unprocessable where the home's list has no
    such price.
    """
    row = (await uow.execute(MINE, {"id": enquiry_id})).one_or_none()
    if row is None:
        raise NotFound
    if row.kind == FOSTERED:
        raise Conflict("A foster home has the price of your tariff: it is not offered here.")
    if row.stage not in OPEN or row.stage == "sent":
        raise Conflict("A price is offered once you have accepted, and until everybody has agreed.")
    errors = [] if len(given.child) == row.children else [FieldError("child", "State a price for each child")]
    for number, one in enumerate(given.child, 1):
        errors += rules.checked(one.need_level, one.supplement, today(), f"child-{number}-")
        errors += _weekly(one, number)
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    prices: list[ChildPrice] = []
    for number, one in enumerate(given.child, 1):
        found = await price_of(uow, row.subject_id, row.starts, one.need_level, one.supplement, weekly=one.weekly)
        if found is None:
            message = "The home’s price list has no price for this on that day. Set the prices of the home first"
            raise Unprocessable(message, errors=[FieldError(f"child-{number}-need_level", message)])
        prices.append(found)
    await _offer(uow, enquiry_id, prices)
    after = {"prices": [one.total for one in prices]}
    await audit.record(uow, "terms.offered", subjects=[enquiry_id], after=after)
    if row.agreement_id is not None:
        await audit.record(
            uow, "terms.offered", subjects=[enquiry_id], owner_id=row.placing_id, agreement_id=row.agreement_id
        )


def _weekly(one: ChildQuote, number: int) -> list[FieldError]:
    if one.weekly is None or (
        one.weekly.is_finite() and 0 <= one.weekly <= MOST_WEEKLY and one.weekly == pence(one.weekly)
    ):
        return []
    return [FieldError(f"child-{number}-weekly", "The weekly price must be in pounds and pence, like 4850.00")]


async def _offer(uow: Uow, enquiry_id: UUID, prices: list[ChildPrice]) -> None:
    body = msgspec.json.encode(Offered(prices, today())).decode()
    try:
        await uow.execute(OFFER, {"id": enquiry_id, "body": body})
    except DBAPIError as error:
        raise steps.meaning(error) from error


async def offered(uow: Uow, enquiry_id: UUID) -> Offered | None:
    """What is offered, as far as it is open to the bound side."""
    body = (await uow.execute(OFFERED, {"id": enquiry_id})).scalar_one_or_none()
    return None if body is None else msgspec.json.decode(body, type=Offered)


async def weekly_offered(uow: Uow, enquiry_id: UUID) -> Decimal | None:
    """Pounds a week for all the children together; None where nothing is offered, or it is not open to this side."""
    found = await offered(uow, enquiry_id)
    return None if found is None else sum((child.total for child in found.children), Decimal())


async def assess(uow: Uow, enquiry_id: UUID) -> UUID:
    """Begin the impact assessment of an enquiry about one's own home from the profile that was sent, or find it; its
    id.

    Raises NotFound, and Conflict where the profile is not open or a foster home was asked.
    """
    row = (await uow.execute(MINE, {"id": enquiry_id})).one_or_none()
    if row is None:
        raise NotFound
    if row.kind == FOSTERED:
        raise Conflict("A foster home is not assessed in this way.")
    begun = await assessment_decided(uow, row.subject_id, enquiry_id)
    if begun is not None:
        return begun.assessment_id
    if row.profile is None or row.stage not in OPEN:
        raise Conflict("The profile of this enquiry is not open any more.")
    profile: dict[str, Any] = msgspec.json.decode(row.profile)
    return await open_assessment(uow, row.subject_id, enquiry_id, rules.incoming(profile))


async def begin_assessment(uow: Uow, enquiry_id: UUID, kind: str) -> None:
    """The same by itself, where the manager must assess before saying yes."""
    if kind in rules.ASSESSED:
        await assess(uow, enquiry_id)
