"""A region with something on every page, and the address of every page in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from litestar import Litestar
from litestar.routes import HTTPRoute

from careshare.access.permissions import ROLES, Permissions
from careshare.database import Database
from careshare.identity.kept_forms import keep_form
from careshare.messages import one_time_link
from careshare.service import services
from services.fostering import actions
from services.fostering.imports import actions as imports
from services.fostering.model import Closure
from tenants.actions import as_owner
from tenants.agreements import actions as agreements
from tenants.agreements.model import Leaving
from tenants.recharges import rules
from tenants.recharges.days import today
from tests.agreements.terms import drafted, signed
from tests.fostering.register import TODAY, a_home, make
from tests.fostering_imports.files import Inline, as_csv, household
from tests.isolation.hidden import add_everything
from tests.placements.homes import add_home
from tests.placements.terms.stage import stage_spare
from tests.recharges.stage import lend
from tests.residential.stage import stage_homes
from tests.world import World

FILES = {
    "/agreements/{agreement_id:uuid}/versions/{version:int}/agreement.json",
    "/agreements/{agreement_id:uuid}/versions/{version:int}/agreement.pdf",
    "/foster-carers/export",
    "/foster-carers/import/template",
    "/foster-carers/import/{run_id:uuid}/bad-rows",
    "/placements/attachments/{attachment_id:uuid}",
    "/placements/in-our-homes/{placement_id:uuid}/agreement.pdf",
    "/placements/in-our-homes/{placement_id:uuid}/matching-record.pdf",
    "/placements/in-our-homes/{placement_id:uuid}/sealed-copy/{archived_file_id:uuid}",
    "/placements/made/{placement_id:uuid}/agreement.pdf",
    "/placements/made/{placement_id:uuid}/matching-record.pdf",
    "/placements/made/{placement_id:uuid}/sealed-copy/{archived_file_id:uuid}",
    "/placements/outside/{outside_placement_id:uuid}/agreement.pdf",
    "/recharges/accruals/file",
    "/recharges/income/file",
    "/recharges/statements/{statement_id:uuid}/files/{form:str}",
    "/record/subject-access/{request_id:uuid}/package.json",
    "/record/subject-access/{request_id:uuid}/package.pdf",
    "/static/{release:str}/{name:str}",
    "/health/live",
    "/health/ready",
}
"""What is read by programs, or saved. A new one is a decision: add it here."""

LEADS_ON = {"/notifications/{notification_id:uuid}"}
"""What is no page but the way to one (tests/notifications)."""

PREFERRED = ("fostering_officer", "placement_finder", "team_manager", "data_protection_officer")
"""Who opens a page, if their role may."""

OTHERWISE: Mapping[str, tuple[str, ...]] = {
    "/administration/authorities/{draft_id:uuid}/done": ("brought_on",),
    "/agreements/{agreement_id:uuid}": ("agreement_id", "proposed"),
    "/agreements/{agreement_id:uuid}/sign": ("proposed",),
    "/agreements/{agreement_id:uuid}/leave": ("agreement_id", "proposed"),
    "/agreements/{agreement_id:uuid}/stay": ("leaving",),
    "/agreements/{agreement_id:uuid}/withdraw": ("own_draft",),
    "/foster-carers/{household_id:uuid}": ("household_id", "published", "bare"),
    "/foster-carers/{household_id:uuid}/home": ("household_id", "confidential"),
    "/foster-carers/{household_id:uuid}/open": ("confidential",),
    "/foster-carers/{household_id:uuid}/publish": ("household_id", "bare"),
    "/foster-carers/{household_id:uuid}/withdraw": ("published",),
    "/foster-carers/{household_id:uuid}/places/{number:int}/open": ("published",),
    "/foster-carers/import/{run_id:uuid}": ("run_id", "imported"),
    "/foster-carers/import/{run_id:uuid}/progress": ("checking",),
    "/foster-carers/import/{run_id:uuid}/columns": ("mapping",),
    "/placements/enquiries/{enquiry_id:uuid}": ("enquiry_id", "matched_id"),
    "/placements/to-answer/{enquiry_id:uuid}": ("enquiry_id", "matched_id"),
    "/placements/enquiries/{enquiry_id:uuid}/match": ("enquiry_id", "matched_id", "spare"),
    "/placements/to-answer/{enquiry_id:uuid}/match": ("enquiry_id", "matched_id", "spare"),
    "/placements/to-answer/{enquiry_id:uuid}/assessment": ("spare",),
    "/placements/to-answer/{enquiry_id:uuid}/accept": ("enquiry_id", "spare"),
    "/placements/to-answer/{enquiry_id:uuid}/terms/{number:int}": ("spare",),
    "/placements/offers/{offer_id:uuid}": ("offer_id", "theirs"),
    "/recharges/position/{other_id:uuid}": ("other_id", "lent_to"),
    "/recharges/statements/{statement_id:uuid}": ("statement_id", "lent", "borrowed"),
    "/recharges/statements/{statement_id:uuid}/approve": ("borrowed",),
    "/recharges/statements/{statement_id:uuid}/borrower/{borrower_step:str}": ("borrowed",),
    "/recharges/charges/{basis_id:uuid}": ("basis_id", "borrowed_basis"),
    "/recharges/charges/{basis_id:uuid}/own": ("basis_id", "borrowed_basis"),
    "/residential/{home_id:uuid}": ("home_id", "confidential_home", "offered_home"),
    "/residential/{home_id:uuid}/home": ("home_id", "confidential_home"),
    "/residential/{home_id:uuid}/withdraw": ("offered_home",),
    "/residential/assessments/{assessment_id:uuid}": ("assessment_id", "decided"),
}
"""Pages that need another record than the usual one, or are other pages with others; the names are of `Stage.ids`."""

QUERIES: Mapping[str, tuple[str, ...]] = {
    "/sign-in": ("?authority={authority}",),
    "/foster-carers": ("?places=vacant", "?care_type=nothing"),
    "/foster-carers/tonight": ("?age=4&sex=F&children=2",),
    "/placements/offers/{offer_id:uuid}": ("?search={search_id}",),
    "/placements/search": ("?search={search_id}",),
    "/placements/searches/{search_id:uuid}/compare": ("?offer={offer_id}&offer={theirs}",),
    "/placements/enquiries": ("?closed=true", "?request_id={placement_request_id}"),
    "/placements/to-answer": ("?closed=true",),
    "/placements/in-our-homes": ("?over=true",),
    "/placements/flags": ("?everybody=true", "?cleared=true"),
    "/placements/made": ("?over=true", "?enquiry_id={matched_id}"),
    "/placements/made/{placement_id:uuid}/notices": ("?recipient=gp&occasion=end",),
    "/placements/outside": ("?over=true",),
    "/placements/outside/{outside_placement_id:uuid}/notices": ("?recipient=gp&occasion=end",),
    "/placements/requests": ("?ended=true", "?mine=true"),
    "/placements/requests/{placement_request_id:uuid}/profile": ("?level=2",),
    "/residential": ("?state=closed", "?kind=supported_accommodation"),
    "/residential/ofsted": ("?kept=no",),
    "/residential/new": ("?urn={urn}",),
}
"""The same page with something asked of it."""


REFUSING: Mapping[str, int] = {"/sign-in/again": 403, "/sign-in/back": 400, "/sign-in/choose": 400}
"""Pages on the way to a council's provider and back: they refuse whoever does not come that way (tests/signin)."""


@dataclass(frozen=True)
class Visit:
    """A page to open, and the role of whoever opens it; nobody for a public page."""

    address: str
    role: str | None
    status: int = 200


@dataclass(frozen=True)
class Stage:
    """The records that the addresses of pages name."""

    ids: Mapping[str, UUID | int | str]

    def visits(self, app: Litestar) -> list[Visit]:
        """Every page of the application. Fails for an address that names something this stage does not know."""
        permissions = Permissions(service.permissions for service in services())
        found: list[Visit] = [
            Visit("/nowhere", None, 404),
            Visit("/foster-carers/tonight?age=upside-down", "fostering_officer", 400),
            Visit(f"/foster-carers/{UUID(int=0)}", "fostering_officer", 404),
            Visit(f"/foster-carers/{self.ids['confidential']}?without=address", "fostering_officer"),
            Visit("/foster-carers", "placement_finder", 403),
            Visit("/foster-carers/tonight", "placement_finder"),
            Visit(f"/foster-carers/{self.ids['published']}", "exemptions_officer"),
            Visit(f"/foster-carers/{self.ids['confidential']}", "exemptions_officer"),
            Visit("/placements/searches", "social_worker"),
            Visit(f"/placements/searches/{self.ids['search_id']}", "social_worker"),
            Visit("/", "data_protection_officer"),
        ]
        for route in app.routes:
            if not isinstance(route, HTTPRoute) or "GET" not in route.route_handler_map:
                continue
            if route.path.startswith(("/api/", "/scim/")) or route.path in FILES or route.path in LEADS_ON:
                continue
            opt = route.route_handler_map["GET"][0].opt
            roles = [role for role in (*PREFERRED, *ROLES) if opt.get("permission") in permissions.of([role])]
            role = None if opt.get("public") else roles[0]
            for name in OTHERWISE.get(route.path, ("",)):
                path = self.address(route.path, name)
                queries = QUERIES.get(route.path, ())
                status = REFUSING.get(route.path, 200)
                found += [Visit(path + query.format(**self.ids), role, status) for query in ("", *queries)]
        return sorted(found, key=lambda visit: visit.role or "")

    def address(self, path: str, name: str = "") -> str:
        """The address of a route; `name` is the record its first identifier shall be."""

        def value(match: re.Match[str]) -> str:
            first = match.start() == path.index("{")
            wanted = name if name and first else match[1]
            assert wanted in self.ids, f"{path}: {wanted} is unknown; give the stage one of these"
            return str(self.ids[wanted])

        return re.sub(r"\{([^:}]+):[^}]+\}", value, path)


async def set_stage(world: World, database: Database) -> Stage:
    """Fill the register, the notices, the searches and the imports of authority A."""
    async with as_owner(world.settings) as owner:
        found = await add_everything(owner, world, world.a)
        brought_on = await owner.fetchval(
            """insert into tenants.onboarding
                 (authority_id, dfe_code, name, domains, administrator_email, new_id, done_at, made_by)
               values ($1, '993', 'Caldergarth', '{caldergarth.example}', 'ada@caldergarth.example', $2, now(), $3)
               returning id""",
            world.a.id,
            world.c.id,
            world.a.people["regional_administrator"],
        )
    theirs = await add_home(world, world.b, "ZB1", places=2)
    acting = world.acting(world.a, "fostering_officer", "household:change")
    async with database.bound(acting) as uow:
        published = await make(uow, publish=True)
        link = await one_time_link(uow, "confirm_vacancy", published, timedelta(hours=1))
        closure = Closure(reason="other", since=TODAY)
        await actions.close_place(uow, published, None, 1, closure)
        confidential = await make(uow, a_home("ZA1 2BB"))
        await actions.set_confidential(uow, confidential, None, confidential=True, may_see=True)
        bare, _ = await actions.register_household(uow, a_home("ZA1 3DD"))
    async with as_owner(world.settings) as owner:
        await owner.execute(
            "update fostering.household set supervising_person_id = m.person_id from tenants.member m"
            " where m.id = $1 and household.id = $2",
            found["member"],
            published,
        )
    homes = await stage_homes(world, database)
    async with as_owner(world.settings) as owner:
        about = {"request": found["placement_request"], "child_id": found["request_child"]}
        spare = await stage_spare(owner, world.a, **about, home=UUID(str(homes["offered_home"])))
    proposed = await drafted(world, database, world.b, world.a, world.c)
    own_draft, leaving = [await drafted(world, database, world.a, world.c) for _ in "ab"]
    await signed(world, database, leaving, [world.a, world.c])
    async with database.bound(world.acting(world.a, "director", "agreement:leave")) as uow:
        await agreements.leave(uow, leaving, None, Leaving(at_once=False, reason="Budget"))
    inline = Inline(database, acting)
    rows = [household("J-1"), household("J-2", postcode="nowhere"), household("J-3", carer_1_telephone="1632960001")]
    imported = await inline.take_in(as_csv(rows))
    checked = await inline.upload(as_csv([household("J-1", places="3"), *rows[1:], household("J-4")]))
    mapping = await inline.upload(b"Key,Date of birth,Date of Birth,Carer 1 name\nC-1,1,2,Ann\n")
    async with inline.step() as uow:
        checking = await imports.upload(uow, "households", "waits.csv", as_csv([household("J-5")]))
    return Stage(
        {
            **{f"{name}_id": one for name, one in found.items()},
            **homes,
            **spare,
            "brought_on": brought_on,
            "holding": "fostering.household",
            "number": 1,
            "version": 1,
            "year": rules.year_of(today()),
            "lender_step": "credit",
            **await lend(world, database),
            "agreement_id": world.agreement_id,
            "proposed": proposed,
            "own_draft": own_draft,
            "leaving": leaving,
            "theirs": theirs,
            "published": published,
            "confidential": confidential,
            "bare": bare,
            "run_id": checked,
            "imported": imported.id,
            "mapping": mapping,
            "checking": checking,
            "authority": world.a.id,
            "kept_id": await _keep_form(world, database),
            "secret": link.removeprefix("/l/"),
        }
    )


async def _keep_form(world: World, database: Database) -> UUID:
    """A form that a fostering officer sent after their session had ended."""
    (session,) = (await world.session(world.a, "fostering_officer")).values()
    answers = {"reference": ["J-9"], "name": ["The Kept"], "address": ["1 Any Street"]}
    async with database.unbound() as uow:
        kept = await keep_form(uow, world.settings.secret_key, session, "/foster-carers/new", answers)
    assert kept is not None
    return kept
