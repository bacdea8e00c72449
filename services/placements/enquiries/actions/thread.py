"""The thread: a message that both sides read, checked for names that have not opened yet."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound
from careshare.web.filters import sentence
from services.placements import steps
from services.placements.enquiries.actions.answer import on_record
from services.placements.enquiries.model import Message
from services.placements.providers import PROVIDERS
from services.placements.requests import rules
from services.placements.requests.queries import whole

ABOUT = text("""
select e.stage, e.kind, e.placing_id = careshare.authority() as placing, a.request_id, w.subject_id
from placements.enquiry e
left join placements.asked a on a.authority_id = e.placing_id and a.enquiry_id = e.id
left join placements.answering w on w.authority_id = e.providing_id and w.enquiry_id = e.id
where e.id = :id
""")
WRITE = text(
    "insert into placements.message (authority_id, enquiry_id, body) values (careshare.authority(), :id, :body)"
)
NAMES_ARE_OPEN: Final = frozenset({"matched", "placed"})
OF_A_HOME: Final = ("name", "manager_name")
"""What names a home or somebody there, in what opens of it at the match."""


async def write(uow: Uow, enquiry_id: UUID, message: Message) -> None:
    """Write in the thread of an enquiry. Until the match neither who the children are nor where the home is goes in it.

    Raises NotFound, Conflict where the enquiry is closed, Invalid where the text may tell who a child or a carer is.
    """
    said = message.text.strip()
    if not said:
        raise Invalid("Write a message", errors=[FieldError("text", "Write a message")])
    await refuse_names(uow, enquiry_id, said, "text")
    try:
        await uow.execute(WRITE, {"id": enquiry_id, "body": said})
    except DBAPIError as error:
        raise steps.meaning(error) from error
    await on_record(uow, enquiry_id, "enquiry.message")


async def refuse_names(uow: Uow, enquiry_id: UUID, said: str, field: str) -> None:
    """Raises Invalid, naming the field, where a text may tell before the match who a child is or where the home.

    NotFound where the enquiry is not one of the authority's.
    """
    row = (await uow.execute(ABOUT, {"id": enquiry_id})).one_or_none()
    if row is None:
        raise NotFound
    if row.stage in NAMES_ARE_OPEN:
        return
    known = await _on_file(uow, row.request_id if row.placing else None, row.kind, row.subject_id)
    found = rules.identifying(said, known)
    if found:
        words = sentence(f"“{one.found}”" for one in found)
        message = f"Names open when all have agreed. Take out {words}: it may tell who somebody is or where"
        raise Invalid(message, errors=[FieldError(field, message)])


async def _on_file(uow: Uow, request_id: UUID | None, kind: str, subject_id: UUID | None) -> rules.OnFile:
    """What the writer's own authority has on file and must not tell yet: of the children, of the home, or of both."""
    children = rules.OnFile() if request_id is None else rules.on_file(await whole(uow, request_id))
    if subject_id is None:
        return children
    home = await PROVIDERS[kind].identity(uow, subject_id)
    return rules.OnFile(
        names=(*children.names, *_names(home)),
        schools=children.schools,
        addresses=(*children.addresses, *([home["address"]] if home.get("address") else [])),
        postcodes=(*children.postcodes, *([home["postcode"]] if home.get("postcode") else [])),
        references=children.references,
        births=children.births,
    )


def _names(home: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(home[name]) for name in OF_A_HOME if home.get(name))
    carers: list[dict[str, Any]] = home.get("carers") or []
    yield from (str(carer["name"]) for carer in carers)
