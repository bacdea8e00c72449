"""The supervising social worker of a household: a colleague with an account, or the name the case system gives."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

import msgspec

from careshare.database import Uow
from careshare.errors import FieldError
from tenants.colleagues import Colleague, colleague, colleagues, locked_from

OFFICERS: Final = ("fostering_officer", "supervising_social_worker")
WORKERS: Final = (*OFFICERS, "team_manager")
"""Who may be a household's worker: those who confirm its vacancy."""

FIELD: Final = "supervising_person_id"
MAY_NOT: Final = "They cannot hold this household. Select another colleague"


class Worker(msgspec.Struct, frozen=True):
    """Whom a text means: a colleague and their name, or nobody and why that is."""

    person_id: UUID | None
    name: str
    why: str = ""


class Workers:
    """The colleagues who may supervise, as an import or a form may mean them: by e-mail address or by unique name."""

    def __init__(self, known: Sequence[Colleague]) -> None:
        self._by_email = {one.email: one for one in known}
        self._by_name: dict[str, list[Colleague]] = defaultdict(list)
        for one in known:
            self._by_name[_key(one.name)].append(one)

    def meant(self, text: str) -> Worker:
        """Whom `text` means; where it means nobody alone, the text itself as a name, with the reason."""
        if not text:
            return Worker(None, "")
        found = [self._by_email[text.lower()]] if text.lower() in self._by_email else self._by_name.get(_key(text), [])
        if len(found) == 1:
            return Worker(found[0].person_id, found[0].name)
        if found:
            return Worker(None, text, f"{len(found)} colleagues are called {text}: give the e-mail address")
        return Worker(None, text, f"no colleague who may supervise a household is meant by {text}")


async def workers(uow: Uow) -> Workers:
    """The bound authority's, as they are today."""
    return Workers(await colleagues(uow, WORKERS))


async def choices(uow: Uow, now: UUID | None, name: str) -> list[tuple[str, str]]:
    """The colleagues to choose from; whoever holds the household `now` stays a choice after they left or moved."""
    found = [(str(one.person_id), one.name) for one in await colleagues(uow, WORKERS)]
    if now is not None and all(person != str(now) for person, _ in found):
        found.append((str(now), f"{name} (no longer supervises here)"))
    return found


async def chosen(
    uow: Uow, errors: list[FieldError], person_id: UUID, *, before: UUID | None, household_id: UUID | None
) -> str | None:
    """The name of the colleague chosen for a household; None with an error where they cannot hold it.

    Whoever holds it already (`before`) may stay, whatever became of them; their name is then kept as it is.
    """
    if person_id == before:
        return None
    found = await colleague(uow, person_id, WORKERS)
    if found is None:
        errors.append(FieldError(FIELD, "Select a colleague who works for your authority and may supervise"))
        return None
    if household_id is not None and await locked_from(uow, person_id, [household_id]):
        errors.append(FieldError(FIELD, MAY_NOT))
        return None
    return found.name


async def barred(uow: Uow, person_id: UUID, households: Collection[UUID]) -> set[UUID]:
    """Those of these households that are locked from a colleague."""
    return await locked_from(uow, person_id, households)


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
