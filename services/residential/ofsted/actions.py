"""Taking Ofsted's list in, reading it, and letting one's own homes follow its judgements."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, NotFound
from services.residential.actions.home import record_judgement
from services.residential.model import Judged, Judgement
from services.residential.ofsted.read import FILE, ListRead, by_type, read_list
from services.residential.rules import judgement_fell

AREAS = text("""
    select l.name, l.gss_code from gazetteer.local_authority l
    where l.dfe_code is not null and l.valid @> cast(:day as date)
""")
TAKE = text("""
    select residential.take_list(:as_at, :file_name, :file_hash, cast(:counts as jsonb), cast(:report as jsonb),
      cast(:homes as jsonb), :loaded_by)
""")
LIST = """
    select l.id, l.as_at, l.file_name, l.rows, l.homes, l.places, l.redacted, l.left_out, l.bad, l.new_homes,
      l.changed_homes, l.gone_homes, l.report, l.loaded_at
    from residential.ofsted_list l
"""
ONE = text(f"{LIST} where l.id = :id")
NEWEST = text(f"{LIST} order by l.as_at desc, l.id desc limit 20")
# Homes on the list with who keeps each here. What their own authorities record of them is no part of it.
PROVIDERS = """
    select p.urn, p.kind, p.redacted, p.name, p.area_name, p.area_gss, p.sector, p.places, p.owner_organisation,
      p.registration, p.registered_on, p.short_break_only, p.multi_building, p.judgement, p.judged_on,
      p.previous_judgement, p.previous_judged_on, p.gone_on, k.kept_as, a.name as keeper,
      k.authority_id = (select careshare.authority()) as ours
    from residential.ofsted_provider p
    left join residential.keeper k on k.urn = p.urn left join tenants.authority a on a.id = k.authority_id
"""
LISTED = text(f"""
    {PROVIDERS}
    where p.gone_on is null and (cast(:area as text) is null or p.area_gss = any(gazetteer.codes_of(:area)))
      and (cast(:kept as boolean) is null or (k.urn is not null) = :kept)
      and (cast(:after as text) is null or (p.area_name, p.urn) > (
        select q.area_name, q.urn from residential.ofsted_provider q where q.urn = :after))
    order by p.area_name, p.urn limit :most
""")  # noqa: S608  # the statement is this file's own
PROVIDER = text(f"{PROVIDERS} where p.urn = :urn")
ON_LIST = text("select p.area_name, p.area_gss from residential.ofsted_provider p group by 1, 2 order by 1")
# Judgements on the list that one's own homes do not know of yet.
FOLLOW = text("""
    select h.id, p.judgement, p.judged_on, h.judgement as before
    from residential.home h join residential.ofsted_provider p on p.urn = h.urn
    where h.authority_id = (select careshare.authority()) and p.judgement is not null
      and (h.judged_on is null or p.judged_on > h.judged_on)
    order by h.id
""")


class OfstedList(msgspec.Struct, frozen=True):
    """A list that was taken: what it held, what of it changed anything, what was not taken and why (`report`)."""

    id: UUID
    as_at: date
    file_name: str
    rows: int
    homes: int
    places: int
    redacted: int
    left_out: int
    bad: int
    new_homes: int
    changed_homes: int
    gone_homes: int
    report: "Report"
    loaded_at: datetime


class LeftOutRow(msgspec.Struct, frozen=True):
    """Providers of one type that are not homes, how many and why they are left out."""

    provision_type: str
    number: int
    why: str


class Report(msgspec.Struct, frozen=True):
    """What of a list was not taken: types of provider that are no homes, and rows with something wrong."""

    left_out: list[LeftOutRow]
    bad: list[FieldError]


class Provider(msgspec.Struct, frozen=True):
    """A home on Ofsted's list and who keeps it here; `keeper` is null where nobody on Careshare does."""

    urn: str
    kind: str
    redacted: bool
    name: str
    area_name: str
    area_gss: str | None
    sector: str
    places: int
    owner_organisation: str
    registration: str
    registered_on: date | None
    short_break_only: bool
    multi_building: bool
    judgement: Judgement | None
    judged_on: date | None
    previous_judgement: Judgement | None
    previous_judged_on: date | None
    gone_on: date | None
    kept_as: str | None
    keeper: str | None
    ours: bool | None

    @property
    def fell(self) -> bool:
        """Whether its judgement is worse than the one before."""
        return judgement_fell(self.previous_judgement, self.judgement)


async def take_list(uow: Uow, content: bytes, file_name: str, *, loaded_by: str) -> OfstedList:
    """Take a list in; what came of it. The same file again changes nothing and answers the same.

    Raises Invalid and TooLarge where the file is no list, and Conflict where a newer list was taken before.
    """
    read = read_list(content, file_name)
    codes = await area_codes(uow, read.as_at)
    homes = [{**asdict(home), "area_gss": codes.get(squeezed(home.area_name))} for home in read.homes]
    given: dict[str, Any] = {
        "as_at": read.as_at,
        "file_name": read.file_name,
        "file_hash": read.file_hash,
        "counts": _json(counts(read)),
        "report": _json({"left_out": [asdict(one) for one in read.left_out], "bad": read.bad}),
        "homes": _json(homes),
        "loaded_by": loaded_by,
    }
    made: UUID | None = (await uow.execute(TAKE, given)).scalar_one()
    if made is None:
        message = "A list of a later day was taken before. An older one would undo it"
        raise Conflict(message, errors=[FieldError(FILE, message)])
    return await one_list(uow, made)


async def take_list_for(uow: Uow, content: bytes, file_name: str) -> OfstedList:
    """As `take_list`, by somebody signed in: recorded, and one's own homes follow its judgements at once."""
    taken = await take_list(uow, content, file_name, loaded_by="page or API")
    await audit.record(
        uow, "ofsted_list.taken", subjects=[taken.id], after={"as_at": taken.as_at, "homes": taken.homes}
    )
    await follow(uow)
    return taken


def counts(read: ListRead) -> Mapping[str, int]:
    """A list in numbers."""
    return {
        "rows": read.rows,
        "homes": len(read.homes),
        "places": read.places,
        "redacted": read.redacted,
        "left_out": by_type(read.left_out),
        "bad": read.bad_lines,
    }


async def area_codes(uow: Uow, day: date) -> Mapping[str, str]:
    """Codes of England's authorities on a day by name, however the list writes it: "Durham" is County Durham."""
    found: dict[str, str] = {}
    for row in await uow.execute(AREAS, {"day": day}):
        found[squeezed(row.name)] = row.gss_code
    return found


def squeezed(name: str) -> str:
    """What two ways of writing an authority's name have in common."""
    words = name.lower().replace("&", "and").replace("-", " ").replace(",", " ").split()
    return "".join(sorted(word for word in words if word not in {"county", "of", "city", "the", "borough", "council"}))


async def follow(uow: Uow) -> int:
    """Let one's own homes have the judgements of Ofsted's list that are newer than theirs; how many did.

    Where one fell, the home shows it from then on and `public.fallen_judgements` answers it.
    """
    rows = (await uow.execute(FOLLOW)).all()
    for row in rows:
        judged = Judged(judgement=msgspec.convert(row.judgement, Judgement), judged_on=row.judged_on)
        await record_judgement(uow, row.id, None, judged, source="ofsted_list")
    return len(rows)


async def lists(uow: Uow) -> list[OfstedList]:
    """The lists that were taken, the newest first."""
    return [msgspec.convert(dict(row), OfstedList) for row in (await uow.execute(NEWEST)).mappings()]


async def one_list(uow: Uow, list_id: UUID) -> OfstedList:
    """A list that was taken. Raises NotFound."""
    row = (await uow.execute(ONE, {"id": list_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return msgspec.convert(dict(row), OfstedList)


async def providers(
    uow: Uow, *, area: str | None = None, kept: bool | None = None, after: str | None = None, most: int = 50
) -> list[Provider]:
    """Homes on Ofsted's list by authority and number, and who keeps each here."""
    asked = {"area": area, "kept": kept, "after": after, "most": most}
    return [msgspec.convert(dict(row), Provider) for row in (await uow.execute(LISTED, asked)).mappings()]


async def provider(uow: Uow, urn: str) -> Provider | None:
    """The home with this number on Ofsted's list; None where the list has none."""
    row = (await uow.execute(PROVIDER, {"urn": urn})).mappings().one_or_none()
    return None if row is None else msgspec.convert(dict(row), Provider)


async def areas(uow: Uow) -> Sequence[tuple[str, str]]:
    """The authorities in whose areas the list has homes, as GSS code and name."""
    return [(row.area_gss, row.area_name) for row in await uow.execute(ON_LIST) if row.area_gss is not None]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
