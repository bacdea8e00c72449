"""Whose an e-mail domain is. The regional administrator approves it for an authority, from a day on; before that a
provider of the domain signs nobody in. What the operator added by the command line counts as approved.

A domain rests on its approval in the database itself: `tenants.provider_domain` refers to `tenants.email_domain` day by
day, so that no row could say that a provider is believed for a domain nobody has approved then.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Annotated, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow, acting_for
from careshare.errors import Conflict, FieldError, Invalid, NotFound, Unprocessable
from careshare.identity import ProviderSession, principal_of, provider_session_of
from careshare.messages import send_staff
from careshare.signin.settings_model import Domain
from careshare.web import asks

LONDON: Final = ZoneInfo("Europe/London")
PAGE: Final = "/administration/domains"
COUNCILS_PAGE: Final = "/administration/sign-in"
FARTHEST: Final = date(2100, 1, 1)

STOP = text("select tenants.stop_domain(:provider, :domain)")
APPROVE = text("select tenants.approve_domain(:authority, :domain, cast(:since as date), cast(:until as date))")
END = text("select tenants.end_domain(:authority, :domain)")
APPROVED = text("select * from tenants.domains_of_region()")
WAITING = text("select * from tenants.claims_of_region()")
MINE = text("""
    select domain, lower(during) as starts, upper(during) as ends from tenants.email_domain
    where authority_id = (select careshare.authority()) and (upper(during) is null or upper(during) > current_date)
    order by domain, lower(during)
""")
AUTHORITIES = text("""
    select a.id, a.name from tenants.authority a join tenants.authority me on me.region_id = a.region_id
    where me.id = (select careshare.authority()) and (a.ends is null or a.ends > current_date) order by a.name
""")
REGIONAL = text("select authority_id, person_id from tenants.regional_administrators()")
ADMINISTRATORS = text("select tenants.staff_holding('{authority_administrator}')")
ACCEPTED = text("select tenants.provider_accepted(:provider, :person, careshare.authority())")


class Approved(msgspec.Struct, frozen=True):
    """A domain approved for an authority. `ends` is the first day it is no more; None: it goes on.

    `source` is `approved` (by whom), `operator` (by the command line) or `earlier`: it stood before anybody was asked.
    """

    authority_id: UUID
    authority: str
    domain: str
    starts: date
    ends: date | None
    source: Literal["approved", "operator", "earlier"]
    approved_by: str | None

    @property
    def last_day(self) -> date | None:
        """The last day it is approved."""
        return None if self.ends is None else self.ends - timedelta(days=1)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.ends is not None and self.ends <= datetime.now(LONDON).date()


class Waiting(msgspec.Struct, frozen=True):
    """A domain that an authority wants to let sign in through a provider, and whose it is already (`others`)."""

    authority_id: UUID
    authority: str
    domain: str
    provider: str
    issuer: str
    keeper: str
    asked_at: datetime
    others: list[str]


class OwnDomain(msgspec.Struct, frozen=True):
    """A domain approved for the bound authority."""

    domain: str
    starts: date
    ends: date | None


class Approval(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A domain to approve for an authority: from today unless another day is given, for good unless a last one is."""

    authority: Annotated[UUID, asks("the authority")]
    domain: Domain
    starts: Annotated[date, asks("the first day")] | None = None
    last_day: Annotated[date, asks("the last day")] | None = None


class Ending(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An approval to end."""

    authority: Annotated[UUID, asks("the authority")]
    domain: Domain


async def stop(uow: Uow, provider_id: UUID, domain: str, session: str) -> None:
    """Let them no longer; their sessions end. Raises NotFound, or Unprocessable if that would shut oneself out."""
    through = await provider_session_of(uow, session)
    if not await uow.scalar(STOP, {"provider": provider_id, "domain": domain}):
        raise NotFound
    await _not_oneself(uow, through)
    await audit.record(uow, "sign_in_domain.ended", subjects=[provider_id], before={"domain": domain})


async def mine(uow: Uow) -> list[OwnDomain]:
    """The domains approved for the bound authority, now or from a day to come."""
    return [OwnDomain(**row) for row in (await uow.execute(MINE)).mappings()]


async def approved(uow: Uow) -> list[Approved]:
    """Every domain approved in the region, those that have ended too. For its administrator alone."""
    return [Approved(**row) for row in (await uow.execute(APPROVED)).mappings()]


async def waiting(uow: Uow) -> list[Waiting]:
    """What waits to be approved, what was asked first at the top. For the region's administrator alone."""
    return [Waiting(**row) for row in (await uow.execute(WAITING)).mappings()]


async def authorities(uow: Uow) -> list[tuple[UUID, str]]:
    """The authorities of the region, by name."""
    return [(row.id, row.name) for row in await uow.execute(AUTHORITIES)]


async def approve(uow: Uow, given: Approval, *, tell: bool = True) -> None:
    """Approve a domain for an authority of the region; what waited for it is let in, and its administrators are told.

    Raises Invalid for days that do not go together or another region's authority, Conflict where it is approved already
    in that time.
    """
    today = datetime.now(LONDON).date()
    since, until = given.starts, given.last_day and given.last_day + timedelta(days=1)
    if since is not None and not today <= since < FARTHEST:
        raise Invalid(errors=[FieldError("starts", "The first day must be today or later, and before 2100")])
    if until is not None and not (since or today) < until <= FARTHEST:
        raise Invalid(
            errors=[FieldError("last_day", "The last day must be on or after the first day, and before 2100")]
        )
    values = {"authority": given.authority, "domain": given.domain, "since": since, "until": until}
    outcome: str | None = await uow.scalar(APPROVE, values)
    if outcome is None:
        raise Invalid(errors=[FieldError("authority", "Select the authority")])
    if outcome == "already":
        message = "This domain is approved for that authority already in that time"
        raise Conflict(message, errors=[FieldError("domain", message)])
    after = {"domain": given.domain, "starts": since or today, "last_day": given.last_day}
    await audit.record(
        uow, "sign_in_domain.approved", subjects=[given.authority], owner_id=given.authority, after=after
    )
    if tell:
        await _tell_council(uow, given.authority, "domain_approved")


async def end(uow: Uow, given: Ending, session: str) -> int:
    """Approve it no more from today on: who signed in by it alone is signed out. How many sessions ended.

    Raises NotFound, or Unprocessable where that would shut oneself out.
    """
    through = await provider_session_of(uow, session)
    ended: int | None = await uow.scalar(END, {"authority": given.authority, "domain": given.domain})
    if ended is None:
        raise NotFound
    await _not_oneself(uow, through)
    said = {"domain": given.domain, "sessions_ended": ended}
    await audit.record(
        uow, "sign_in_domain.approval_ended", subjects=[given.authority], owner_id=given.authority, before=said
    )
    await _tell_council(uow, given.authority, "domain_ended")
    return ended


async def _not_oneself(uow: Uow, through: ProviderSession | None) -> None:
    """Raises Unprocessable where the session of whoever does this has just lost its ground."""
    if through is None:
        return
    asked = {"provider": through.provider, "person": principal_of(uow).person_id}
    if not await uow.scalar(ACCEPTED, asked):
        raise Unprocessable("You are signed in with an address of this domain yourself. Add another way in first.")


async def _tell_council(uow: Uow, authority_id: UUID, template: str) -> None:
    async with acting_for(uow, authority_id):
        await _tell(uow, (await uow.execute(ADMINISTRATORS)).scalars().all(), template, COUNCILS_PAGE)


async def tell_region(uow: Uow) -> None:
    """Tell the region's administrators that a domain waits for them."""
    found: Sequence[tuple[UUID, UUID]] = [(row.authority_id, row.person_id) for row in await uow.execute(REGIONAL)]
    for authority_id, people in groupby(found, key=lambda one: one[0]):
        async with acting_for(uow, authority_id):
            await _tell(uow, [person for _, person in people], "domain_to_approve", PAGE)


async def _tell(uow: Uow, people: Iterable[UUID], template: str, link: str) -> None:
    for person in people:
        with suppress(NotFound):  # their account has ended
            await send_staff(uow, person, template, {"link": link})
