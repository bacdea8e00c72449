"""What a person does: start a search, open it again, open a notice, say what came of a call. Each is recorded."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.audit import Shown
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound
from services.placements import queries, search
from services.placements.answers import Call, Found, FoundHome, Search, Seen
from services.placements.judged import Outcome
from services.placements.need import KINDS, Need, check, coarse, need_key

NOTE_LENGTH: Final = 300

SAVE = text("""
insert into placements.search (authority_id, kind, need, need_key, reference)
values (careshare.authority(), :kind, cast(:need as jsonb), :key, :reference) returning id
""")
MISSED = text("""
insert into placements.unmet_need (authority_id, need_key, reference, need, children, near_misses, request_id, kinds)
values (careshare.authority(), :key, :reference, cast(:need as jsonb), :children, :near_misses, :request,
  cast(:kinds as text[]))
on conflict (authority_id, need_key) where closed_at is null do update
  set last_at = clock_timestamp(), searches = unmet_need.searches + 1, near_misses = excluded.near_misses,
    kinds = array(select distinct unnest(unmet_need.kinds || excluded.kinds))
returning id
""")
MET = text("""
update placements.unmet_need set closed_at = clock_timestamp(), closed_as = 'found',
  found_kinds = cast(:kinds as text[])
where authority_id = (select careshare.authority()) and id = :id and closed_at is null
""")
OWNER = text("select owner_id from tenants.offer where id = :offer")
CALLED = text("""
insert into placements.call (authority_id, search_id, offer_id, owner_id, outcome, children, note)
values (careshare.authority(), :search, :offer, :owner, :outcome, :children, :note)
returning id, offer_id, outcome, children, note, at, made_by
""")


async def start(uow: Uow, need: Need, kind: str, *, limit: int = search.RESULTS) -> tuple[UUID, Found]:
    """Check a need, keep it as a search of the authority and run it. Raises Invalid naming each wrong field."""
    need = check(need, queries.today())
    search_id, found = await queries.find_new(uow, need, kind, limit=limit)
    return search_id, await _on_record(uow, search_id, need, found)


async def save(uow: Uow, need: Need, kind: str, *, request_id: UUID | None = None) -> UUID:
    """Keep a checked need as a search; `kind` is "tonight" or "full". Need of a request is known by the request."""
    key = need_key(need, request_id)
    row = await uow.execute(SAVE, {"kind": kind, "need": _json(need), "key": key, "reference": need.reference})
    made: UUID = row.scalar_one()
    return made


async def run(
    uow: Uow,
    search_id: UUID,
    need: Need,
    *,
    after: tuple[float, UUID] | None = None,
    limit: int = search.RESULTS,
    request_id: UUID | None = None,
) -> Found:
    """Run a saved search as things stand now, on the record with the identifiers shown.

    Need that nothing can meet is kept as unmet need, once for a request; it is closed when something can.
    """
    found = await queries.find(uow, need, search_id=search_id, after=after, limit=limit, request_id=request_id)
    return await _on_record(uow, search_id, need, found, first=after is None, request_id=request_id)


async def open_search(
    uow: Uow, search_id: UUID, *, after: tuple[float, UUID] | None = None, limit: int = search.RESULTS
) -> tuple[Search, Found]:
    """A saved search and what it finds now. Raises NotFound."""
    saved = await queries.saved(uow, search_id)
    return saved, await run(uow, search_id, saved.need, after=after, limit=limit, request_id=saved.request_id)


async def open_offer(uow: Uow, offer_id: UUID, search_id: UUID | None = None) -> tuple[FoundHome, Found]:
    """One notice, judged for the need of a search, or for no need at all; on the record as opened.

    Raises NotFound where the offer is not there or not shared, and where the search is not this authority's.
    """
    need = ANY if search_id is None else (await queries.saved(uow, search_id)).need
    found = await queries.find(uow, need, search_id=search_id, only=offer_id)
    home = (found.results or found.near_misses)[0]
    await _record(uow, "placements.offer", search_id, None if search_id is None else need, [home])
    return home, found


async def open_offers(
    uow: Uow, search_id: UUID, offers: Sequence[UUID], need: Need | None = None
) -> list[tuple[FoundHome, Found]]:
    """Several notices judged for the need of a search, or for what is needed now; on the record as opened, at once.

    In the order asked, each once; what is not there or not shared (any more) is left out. Raises NotFound where the
    search is not this authority's.
    """
    saved = await queries.saved(uow, search_id)
    wanted = saved.need if need is None else need
    opened: list[tuple[FoundHome, Found]] = []
    for offer in dict.fromkeys(offers):
        try:
            found = await queries.find(uow, wanted, search_id=search_id, only=offer)
        except NotFound:
            continue
        opened.append(((found.results or found.near_misses)[0], found))
    if opened:
        await _record(uow, "placements.offer", search_id, wanted, [home for home, _ in opened])
    return opened


async def log_call(
    uow: Uow, search_id: UUID, offer_id: UUID, outcome: Outcome, *, children: int | None = None, note: str = ""
) -> Call:
    """Keep what was said on the telephone about a result: it moves the home for everybody at work on the search.

    Raises NotFound for a search that is not this authority's or an offer it may not see, and Invalid.
    """
    saved = await queries.saved(uow, search_id)
    owner = (await uow.execute(OWNER, {"offer": offer_id})).scalar_one_or_none()
    if owner is None:
        raise NotFound
    errors: list[FieldError] = []
    wanted = len(saved.need.children)
    if children is not None and outcome != "will_take":
        errors.append(FieldError("children", "Say how many children only if they will take some"))
    elif children is not None and not 1 <= children <= wanted:
        errors.append(FieldError("children", f"How many children they will take must be between 1 and {wanted}"))
    if len(note) > NOTE_LENGTH:
        errors.append(FieldError("note", f"The note must be {NOTE_LENGTH} characters or less"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    row = (
        await uow.execute(
            CALLED,
            {
                "search": search_id,
                "offer": offer_id,
                "owner": owner,
                "outcome": outcome,
                "children": children,
                "note": note.strip(),
            },
        )
    ).one()
    return queries.call(row, await queries.names(uow, [row.made_by]))


ANY: Final = msgspec.convert({"children": [{"age": 0}]}, Need)
"""A need to look at a notice by; what it is judged against is then not shown."""


def _shown(found: Found) -> list[Seen]:
    """Every home that is shown, once, in the order shown."""
    planned = (home for plan in found.plans for home in plan.homes)
    homes: dict[UUID, Seen] = {}
    for home in (*found.results, *found.near_misses, *planned):
        homes.setdefault(home.offer_id, home)
    return list(homes.values())


async def _record(uow: Uow, action: str, search_id: UUID | None, need: Need | None, homes: Iterable[Seen]) -> None:
    groups: dict[tuple[UUID, UUID | None], list[UUID]] = {}
    for home in homes:
        agreement = home.agreement.id if home.agreement else None
        groups.setdefault((home.owner.id, agreement), []).append(home.offer_id)
    shown = [Shown(owner, agreement, ids) for (owner, agreement), ids in groups.items()]
    await audit.record_shown(uow, action, criteria={"search": search_id, "need": need}, shown=shown)


async def _on_record(
    uow: Uow, search_id: UUID, need: Need, found: Found, *, first: bool = True, request_id: UUID | None = None
) -> Found:
    await _record(uow, "placements.search", search_id, need, _shown(found))
    unmet = await _unmet(uow, need, found, request_id) if first else found.unmet_need_id
    return found if unmet == found.unmet_need_id else msgspec.structs.replace(found, unmet_need_id=unmet)


def _nothing(found: Found) -> bool:
    """Whether no home, and no plan without an exemption or a shared bedroom still to be agreed, takes all children."""
    certain = any(
        all(condition.verdict == "unknown" for home in plan.homes for condition in home.conditions)
        for plan in found.plans
    )
    return not certain and not found.total


async def _unmet(uow: Uow, need: Need, found: Found, request_id: UUID | None) -> UUID | None:
    if _nothing(found):
        missed = {
            "key": need_key(need, request_id),
            "request": request_id,
            "reference": need.reference,
            "need": _json(coarse(need)),
            "children": len(need.children),
            "near_misses": found.near_misses_total,
            "kinds": need.kinds or list(KINDS),
        }
        kept: UUID = (await uow.execute(MISSED, missed)).scalar_one()
        return kept
    if found.unmet_need_id is not None:
        homes = (*found.results, *(home for plan in found.plans for home in plan.homes))
        kinds = {home.notice.kind for home in homes}
        await uow.execute(MET, {"id": found.unmet_need_id, "kinds": sorted(kinds)})
    return None


def _json(need: Need) -> str:
    return msgspec.json.encode(need).decode()
