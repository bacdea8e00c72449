"""Registering a household, and the forms of who and where it is, what it can do and what the carers agreed to."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from careshare.identity import Principal, principal_of
from careshare.web import Form, asks, notice, parse, read_form, redirect
from services.fostering import actions
from services.fostering.model import Abilities, Confidentiality, Consent, Home, Phone
from services.fostering.pages.forms import Http, attempt, done, home_path, keep, sent, show
from services.fostering.pages.questions import Questions, ask, pages
from services.fostering.queries import household, seen_household
from services.fostering.queries.opening import may_lift, sees_confidential
from services.fostering.records import HouseholdRecord
from services.fostering.workers import choices

REGISTERED = notice("fostering.registered", "The household is registered")
SAVED = notice("fostering.saved", "The change is saved")
UNCHANGED = "–"
"""Stands for an address that is not shown, in a form that leaves it as it is."""


class Contacts(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who the household is, for whoever may not see where."""

    reference: Annotated[str, asks("the household’s reference", min_length=1, max_length=40)]
    name: Annotated[str, asks("the household’s name", min_length=1, max_length=120)]
    supervising_person_id: Annotated[UUID, asks("the supervising social worker")] | None = None
    supervising_worker: Annotated[str, asks("the name of the supervising social worker", max_length=120)] = ""
    duty_number: Phone = ""


class AbilitiesAsked(Abilities, kw_only=True):
    """What the home can do, as a form asks it: boxes alone cannot say that there are no pets."""

    pets_stated: Annotated[Literal["unknown", "none", "some"], asks("whether there are pets")]

    @property
    def abilities(self) -> Abilities:
        """What is recorded. Raises Invalid where the two answers on pets do not go together."""
        if self.pets_stated == "some" and not self.pets:
            raise Invalid(errors=[FieldError("pets", "Select the pets there are")])
        if self.pets_stated != "some" and self.pets:
            raise Invalid(errors=[FieldError("pets_stated", "Select “There are pets”, or leave the pets unticked")])
        return Abilities(
            pets=[] if self.pets_stated == "none" else self.pets,
            skills=self.skills,
            communication=self.communication,
            adaptations=self.adaptations,
            solo=self.solo,
        )


@get("/foster-carers/new", opt=needs("household:change"), include_in_schema=False)
async def ask_new(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The form of a household that is not in the register yet."""
    return show(request, "new", workers=await choices(uow, None, ""))


@post("/foster-carers/new", opt=needs("household:change"), include_in_schema=False)
async def add_new(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Register the household and go to its page, where the rest is filled in."""
    form = await read_form(request)
    home, errors = parse(form, Home)
    made: list[UUID] = []

    async def register() -> None:
        if home is not None:
            made.append((await actions.register_household(uow, home))[0])

    if home is not None:
        errors = await attempt(uow, register) or []
    if errors:
        return show(request, "new", form=form, errors=errors, workers=await choices(uow, None, ""))
    return redirect(home_path(made[0]), REGISTERED)


@get("/foster-carers/{household_id:uuid}/home", opt=needs("household:change"), include_in_schema=False)
async def ask_home(request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID]) -> Response[str]:
    """Who and where the household is; the address only where the reader may see it now."""
    record = await seen_household(uow, household_id)
    return await _ask_home(request, uow, record, Form.filled(_known(record)), withheld=record.address_withheld)


@post("/foster-carers/{household_id:uuid}/home", opt=needs("household:change"), include_in_schema=False)
async def save_home(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], household_id: FromPath[UUID]
) -> Response[Any]:
    """Save it; an address that was not shown stays as it is."""
    came = await sent(request)
    whole = "address" in came.form.names()

    async def change(value: Home | Contacts, version: int) -> None:
        if isinstance(value, Home):
            await actions.change_home(uow, household_id, version, value, may_see=sees_confidential(principal))
            return
        home = Home(address=UNCHANGED, postcode=UNCHANGED, **msgspec.structs.asdict(value))
        await actions.change_contacts(uow, household_id, version, home, may_see=False)

    refused = await keep(uow, came, Home, change) if whole else await keep(uow, came, Contacts, change)
    if refused is None:
        return done(household_id, SAVED, "home")
    return await _ask_home(request, uow, await household(uow, household_id), refused, withheld=not whole)


async def _ask_home(request: Http, uow: Uow, record: HouseholdRecord, form: Form, *, withheld: bool) -> Response[str]:
    workers = await choices(uow, record.supervising_person_id, record.supervising_worker)
    return ask(request, "home", record, form, withheld=withheld, workers=workers)


def _known(record: HouseholdRecord) -> msgspec.Struct:
    contacts = {name: getattr(record, name) for name in Contacts.__struct_fields__}
    if record.address is None or record.postcode is None:
        return Contacts(**contacts)
    return Home(address=record.address, postcode=record.postcode, **contacts)


def _abilities(record: HouseholdRecord) -> Form:
    values = {name: getattr(record, name) for name in Abilities.__struct_fields__}
    stated: Literal["unknown", "none", "some"] = "unknown" if record.pets is None else "some" if record.pets else "none"
    return Form.filled(AbilitiesAsked(pets_stated=stated, **values))


def _consent(record: HouseholdRecord) -> Form:
    return Form.filled(Consent(**{name: getattr(record, name) for name in Consent.__struct_fields__}))


async def _change_abilities(uow: Uow, household_id: UUID, version: int, asked: AbilitiesAsked) -> None:
    await actions.change_abilities(uow, household_id, version, asked.abilities)


async def _set_confidential(uow: Uow, household_id: UUID, version: int, wanted: Confidentiality) -> None:
    may_see = may_lift(principal_of(uow), wanted)
    await actions.set_confidential(uow, household_id, version, confidential=wanted.confidential, may_see=may_see)


ABILITIES = Questions(
    name="abilities",
    permission="household:change",
    wanted=AbilitiesAsked,
    filled=_abilities,
    change=_change_abilities,
    saved=SAVED,
    section="abilities",
)
PRIVACY = Questions(
    name="privacy",
    permission="household:change",
    wanted=Consent,
    filled=_consent,
    change=actions.change_consent,
    saved=SAVED,
    section="privacy",
)
CONFIDENTIAL = Questions(
    name="confidential",
    permission="household:change",
    wanted=Confidentiality,
    filled=lambda record: Form.filled(Confidentiality(confidential=record.confidential)),
    change=_set_confidential,
    saved=SAVED,
    section="privacy",
)

handlers = [
    ask_new,
    add_new,
    ask_home,
    save_home,
    *pages(ABILITIES),
    *pages(PRIVACY),
    *pages(CONFIDENTIAL),
]
