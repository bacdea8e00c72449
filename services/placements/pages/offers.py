"""One vacancy notice in full. Opening another authority's is on both authorities' record."""

from typing import Final
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.identity import Principal
from careshare.web import page
from careshare.web.filters import long_date
from services.placements import actions, queries
from services.placements.answers import FoundHome, OfHome
from services.placements.pages import cards, criteria, words
from services.placements.pages.asked import ask_at as ask_at_of
from services.placements.pages.asked import marks
from services.placements.pages.asking import Http
from services.placements.pages.criteria import Judged
from services.placements.pages.searches import SEARCHES, known_before, log_form, path_of

KINDS: Final = {
    "foster_home": "Foster home",
    "residential_home": "Children’s home",
    "supported_accommodation": "Supported accommodation",
}


@get("/placements/offers/{offer_id:uuid}", opt=needs("placement:search"), include_in_schema=False)
async def offer(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    offer_id: FromPath[UUID],
    search: FromQuery[UUID | None] = None,
) -> Response[str]:
    """One notice, judged for a search if there is one."""
    home, found = await actions.open_offer(uow, offer_id, search)
    judged = Judged(home, found.asked, found.today, found.stale_after_days)
    calls = cards.by_offer(await queries.calls(uow, search) if search else [])
    made = await queries.saved(uow, search) if search else None
    before = await known_before(uow, made, principal) if made else []
    ask_at, not_again = ask_at_of(made, before, principal) if made else ("", frozenset[UUID]())
    contacts = await cards.contacts(uow, [home], principal)
    return page(
        request,
        "placements/offer.html",
        card=cards.card(
            judged,
            search,
            calls.get(offer_id, []),
            contacts.get(offer_id),
            asked=marks(before).get(offer_id, ()),
            ask=f"{ask_at}?offer={offer_id}" if ask_at and offer_id not in not_again else "",
        ),
        kind=KINDS[home.notice.kind],
        judged=search is not None,
        facts=facts(judged),
        back=f"{path_of(search)}#home-{offer_id}" if search else SEARCHES,
        log=log_form(search, len(found.asked.ages), principal) if search else None,
        exact=home.distance == "exact",
    )


def facts(judged: Judged) -> list[tuple[str, str]]:
    """Everything the notice says."""
    home, notice = judged.home, judged.home.notice
    found = [
        ("Area", _area(home)),
        ("Places", criteria.places(notice)),
        ("Free", words.free(notice.free_from, notice.free_until, judged.today)),
        ("Approved for", f"{words.ages(notice.age_min, notice.age_max)}, {words.sexes(notice.sex)}"),
        ("Types of care", words.labels("care_type", notice.care_types)),
        ("Usual fostering limit", criteria.limit(notice) if notice.kind == "foster_home" else "does not apply"),
        ("Bedrooms", criteria.bedrooms(notice)),
        ("Who else lives there", criteria.company(notice)),
        ("Solo placement", criteria.solo(notice)),
        ("Pets", criteria.pets(notice)),
        ("Experience and training", criteria.coded("skill", notice.skills, "none stated")),
        ("Communication", criteria.coded("communication", notice.communication, "none stated")),
        ("Adaptations", criteria.coded("adaptation", notice.adaptations, "none")),
        ("Languages", criteria.coded("language", notice.languages)),
        ("Religion", criteria.coded("religion", notice.religions)),
        ("Culture", criteria.coded("culture", notice.cultures)),
        ("Vacancy confirmed", criteria.confirmed(notice)),
        *_of_home(notice.home),
    ]
    if notice.home is not None:
        renamed = {"Approved for": "Registered for", "Experience and training": "Experience of the staff"}
        left_out = {"Usual fostering limit", "Bedrooms", "Pets", "Languages", "Religion", "Culture"}
        found = [(renamed.get(name, name), text) for name, text in found if name not in left_out]
    return [(name, text[:1].upper() + text[1:]) for name, text in found]


def _of_home(home: OfHome | None) -> list[tuple[str, str]]:
    """What a notice says of a children's home or supported accommodation alone."""
    if home is None:
        return []
    category = [("Category", words.labels("supported_category", [str(home.category)]))] if home.category else []
    return [
        *category,
        ("Ofsted", words.judgement(home).removeprefix("Ofsted: ")),
        ("Sector", words.labels("home_sector", [home.sector])),
        ("Kept here", "by its owner" if home.kept_as == "own" else "by this council for an owner who is not here"),
        ("What it is for", words.labels("home_purpose", home.purposes) or "not stated"),
        ("Levels of need", words.labels("need_level", home.need_levels) or "not stated"),
        ("Staffed until", long_date(home.staffed_until)),
        ("Education on site", "yes" if home.education_on_site else "no"),
        *([("Short breaks", "only short breaks")] if home.short_break_only else []),
    ]


def _area(home: FoundHome) -> str:
    shown = words.area(home.notice.area)
    return (
        shown
        if home.approval.area_authority in {None, home.notice.area}
        else f"{shown}, {home.approval.area_authority}"
    )


handlers = [offer]
