"""What stands behind a notice: one port for foster homes and children's homes, asked by their own authority."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, Protocol
from uuid import UUID

from careshare.database import Uow
from services.fostering import public as fostering
from services.fostering.public import placing as foster_homes
from services.residential import public as residential
from services.residential.public import placing as homes
from tenants.places import ChildToPlace, Other, Problem


class Provider(Protocol):
    """The questions of a register (`services.fostering.placing`, `services.residential.public.placing`)."""

    async def area_of(self, uow: Uow, subject_id: UUID, /) -> str | None: ...

    async def others_there(self, uow: Uow, subject_id: UUID, starts: date, ends: date | None, /) -> list[Other]: ...

    async def checks(
        self,
        uow: Uow,
        subject_id: UUID,
        children: Sequence[ChildToPlace],
        /,
        *,
        starts: date,
        ends: date | None,
        care_type: str,
        held: Sequence[UUID] = (),
    ) -> list[Problem]: ...

    async def fuller(self, uow: Uow, subject_id: UUID, on: date, /) -> dict[str, Any]: ...

    async def identity(self, uow: Uow, subject_id: UUID, /) -> dict[str, Any]: ...

    async def admit(
        self,
        uow: Uow,
        subject_id: UUID,
        claim_id: UUID,
        child: ChildToPlace,
        /,
        *,
        care_type: str,
        starts: date,
        ends: date | None,
        solo: bool = False,
    ) -> None: ...

    async def leave(self, uow: Uow, subject_id: UUID, claim_id: UUID, ends: date, /) -> None: ...

    async def move(self, uow: Uow, subject_id: UUID, claim_id: UUID, starts: date, ends: date | None, /) -> None: ...

    async def exempt(
        self,
        uow: Uow,
        subject_id: UUID,
        case_id: UUID,
        children: Sequence[str],
        /,
        *,
        given_on: date,
        starts: date,
        ends: date | None,
    ) -> None: ...

    async def exemption_over(self, uow: Uow, subject_id: UUID, case_id: UUID, ends: date, /) -> None: ...


PROVIDERS: Final[Mapping[str, Provider]] = {
    "foster_home": foster_homes,
    "residential_home": homes,
    "supported_accommodation": homes,
}
"""By the kind of an enquiry or a placement."""
RENEW: Final[Mapping[str, Callable[[Uow, Sequence[UUID] | None], Awaitable[None]]]] = {
    "foster_home": fostering.renew_later,
    "residential_home": residential.renew_later,
    "supported_accommodation": residential.renew_later,
}
"""Has one's own notices made anew by a job, once the transaction has committed; by the kind of an enquiry."""
