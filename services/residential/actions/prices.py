"""What a place costs from day to day, and the income a home is planned to bring in."""

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from services.residential.actions.change import changing
from services.residential.model import Per, PlannedIncome, PriceList
from services.residential.rules import HUNDRED, PENNY, Prices, Supplement
from tenants.checking import known_codes, need_day, refuse_invalid
from tenants.recharges.income import plan_month, planned_months
from tenants.recharges.rules import next_month

LISTS = text("""
    select l.id, lower(l.during) as since, upper(l.during) as until, l.purchase, l.notice_nights, l.void_percent,
      l.social_percent, l.education_percent, l.health_percent,
      coalesce((select jsonb_object_agg(p.need_level, cast(p.weekly as text)) from residential.price p
        where p.authority_id = l.authority_id and p.list_id = l.id), '{}') as weekly,
      coalesce((select jsonb_object_agg(s.code, jsonb_build_array(s.per, cast(s.amount as text)))
        from residential.supplement s where s.authority_id = l.authority_id and s.list_id = l.id), '{}') as supplements
    from residential.price_list l
    where l.authority_id = (select careshare.authority()) and l.home_id = :home order by lower(l.during)
""")
CUT = text("""
    update residential.price_list set during = daterange(lower(during), cast(:since as date))
    where authority_id = (select careshare.authority()) and home_id = :home
      and lower(during) < :since and during @> cast(:since as date)
""")
GONE = text("""
    delete from residential.price_list
    where authority_id = (select careshare.authority()) and home_id = :home and lower(during) = cast(:since as date)
""")
REACH = text("""
    update residential.price_list set during = daterange(lower(during), cast(:until as date))
    where authority_id = (select careshare.authority()) and home_id = :home and upper(during) = cast(:since as date)
""")
INSERT = text("""
    insert into residential.price_list (authority_id, home_id, during, purchase, notice_nights, void_percent,
      social_percent, education_percent, health_percent)
    values ((select careshare.authority()), :home, daterange(cast(:since as date), null), :purchase, :notice_nights,
      :void_percent, :social_percent, :education_percent, :health_percent) returning id
""")
PRICE = text("""
    insert into residential.price (authority_id, list_id, need_level, weekly)
    values ((select careshare.authority()), :list, :need_level, :weekly)
""")
SUPPLEMENT = text("""
    insert into residential.supplement (authority_id, list_id, code, per, amount)
    values ((select careshare.authority()), :list, :code, :per, :amount)
""")
MOST: Final = Decimal(99_999)
MOST_PLANNED: Final = Decimal(9_999_999)
"""More pounds than these are typing mistakes."""


class StoredList(msgspec.Struct, frozen=True):
    """A price list as it stands. `until` is the first day on which it no longer holds; null: it has no end."""

    id: UUID
    since: date
    until: date | None
    purchase: str
    notice_nights: int
    void_percent: Decimal
    social_percent: Decimal
    education_percent: Decimal
    health_percent: Decimal
    weekly: dict[str, str]
    supplements: dict[str, tuple[str, str]]

    @property
    def prices(self) -> Prices:
        """The list as the rules take it."""
        return Prices(
            weekly={level: Decimal(amount) for level, amount in self.weekly.items()},
            supplements={
                code: Supplement(msgspec.convert(per, Per), Decimal(amount))
                for code, (per, amount) in self.supplements.items()
            },
            purchase=self.purchase,
            notice_nights=self.notice_nights,
            void_percent=self.void_percent,
            social_percent=self.social_percent,
            education_percent=self.education_percent,
            health_percent=self.health_percent,
        )

    def holds_on(self, day: date) -> bool:
        """Whether the list holds on a day."""
        return self.since <= day and (self.until is None or day < self.until)


async def price_lists(uow: Uow, home_id: UUID) -> list[StoredList]:
    """Every price list of one's own home, the oldest first."""
    rows = await uow.execute(LISTS, {"home": home_id})
    return [msgspec.convert(dict(row), StoredList) for row in rows.mappings()]


async def set_prices(uow: Uow, home_id: UUID, version: int | None, prices: PriceList) -> int:
    """Let a price list hold from a day on; the new version. The list before ends there; one of that day is replaced.

    Raises NotFound, PreconditionFailed and Invalid: also where a list begins later, which would then overlap.
    """
    errors = _wrong(prices)
    refuse_invalid(errors)
    async with changing(uow, home_id, version, "home.prices_set") as change:
        standing = await price_lists(uow, home_id)
        later = next((one for one in standing if one.since > prices.since), None)
        if later is not None:
            message = f"A price list begins on {later.since:%-d %B %Y} already. Change that one, or begin after it"
            refuse_invalid([FieldError("since", message)])
        await uow.execute(GONE, {"home": home_id, "since": prices.since})
        await uow.execute(CUT, {"home": home_id, "since": prices.since})
        values = msgspec.structs.asdict(prices)
        made: UUID = (await uow.execute(INSERT, {**values, "home": home_id})).scalar_one()
        for price in prices.price:
            await uow.execute(PRICE, {**msgspec.structs.asdict(price), "list": made})
        for supplement in prices.supplement:
            await uow.execute(SUPPLEMENT, {**msgspec.structs.asdict(supplement), "list": made})
        before = next((one for one in reversed(standing) if one.holds_on(prices.since)), None)
        was: object = {} if before is None else msgspec.to_builtins(before)
        change.note({"prices": was}, {"prices": msgspec.to_builtins(prices)})
    return change.version


async def end_prices(uow: Uow, home_id: UUID, version: int | None, since: date) -> int:
    """Take away the price list that begins on a day; the one before holds on again. The new version.

    Raises NotFound where no list begins on that day, and PreconditionFailed.
    """
    async with changing(uow, home_id, version, "home.prices_taken_away") as change:
        standing = await price_lists(uow, home_id)
        gone = next((one for one in standing if one.since == since), None)
        if gone is None:
            raise NotFound
        await uow.execute(GONE, {"home": home_id, "since": since})
        await uow.execute(REACH, {"home": home_id, "since": since, "until": gone.until})
        change.note({"prices": msgspec.to_builtins(gone)}, {"prices": {}})
    return change.version


async def set_plan(uow: Uow, home_id: UUID, version: int | None, plan: PlannedIncome) -> int:
    """Set, or take away, what a home is planned to bring in during a month; the home's new version."""
    month = date.fromisoformat(f"{plan.month}-01")
    errors: list[FieldError] = []
    amount_within(errors, "planned", plan.planned or Decimal(0), MOST_PLANNED)
    refuse_invalid(errors)
    async with changing(uow, home_id, version, "home.income_planned") as change:
        before = await planned_months(uow, home_id, month, next_month(month))
        await plan_month(uow, home_id, month, plan.planned, label=change.home.name)
        change.note({plan.month: before.get(month)}, {plan.month: plan.planned})
    return change.version


def _wrong(prices: PriceList) -> list[FieldError]:
    errors: list[FieldError] = []
    need_day(errors, "since", prices.since)
    known_codes(errors, "purchase", "purchase", [prices.purchase])
    known_codes(errors, "need_level", "price", [one.need_level for one in prices.price])
    known_codes(errors, "supplement", "supplement", [one.code for one in prices.supplement])
    if len({one.need_level for one in prices.price}) < len(prices.price):
        errors.append(FieldError("price", "Give each level of need one weekly price"))
    if len({one.code for one in prices.supplement}) < len(prices.supplement):
        errors.append(FieldError("supplement", "Give each supplement one amount"))
    for one in prices.price:
        amount_within(errors, "price", one.weekly, MOST)
    for other in prices.supplement:
        amount_within(errors, "supplement", other.amount, MOST)
    amount_within(errors, "void_percent", prices.void_percent, HUNDRED)
    shares = {name: getattr(prices, name) for name in ("social_percent", "education_percent", "health_percent")}
    before = len(errors)
    for name, share in shares.items():
        amount_within(errors, name, share, HUNDRED)
    if len(errors) == before and sum(shares.values()) != HUNDRED:
        message = "The shares of social care, education and health must add up to 100"
        errors.append(FieldError("social_percent", message))
    return errors


def amount_within(errors: list[FieldError], field: str, amount: Decimal, most: Decimal) -> bool:
    """Whether an amount lies between nought and the most, with no more than two decimals; an error if it does not."""
    if not amount.is_finite() or not 0 <= amount <= most:
        errors.append(FieldError(field, f"The number must be between 0 and {most:,}"))
        return False
    if amount != amount.quantize(PENNY):
        errors.append(FieldError(field, "The number must have no more than two decimals, like 4,850.00"))
        return False
    return True
