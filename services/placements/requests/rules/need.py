"""The need a request searches for, built from what is known: a search asks for homes that fit all of its children."""

from collections.abc import Iterable
from datetime import date

from services.placements.need import Child, Kind, Need, plausible
from services.placements.requests import codes
from services.placements.requests.model import ChildNeed, Identity, RequestChild, RequestNeed
from services.placements.requests.records import RequestRecord


def as_need(request: RequestRecord, today: date) -> Need:
    """What to search for on a day: all children together, from today at the earliest.

    Home and school are those of the first child for whom they are known; religion and culture count where all children
    share them. A risk that is low or high asks for the skill that answers it. A kind of home that is unsuitable is not
    searched for.
    """
    need, children = request.need, request.children
    starts = max(request.starts, today)
    home = _first(child.identity.postcode for child in children if child.identity)
    school = _first(child.identity.school_postcode for child in children if child.identity)
    reference = _first(child.identity.reference for child in children if child.identity)
    return Need(
        children=[Child(age=child.age, sex=child.sex) for child in children],
        siblings=need.siblings,
        apart=need.apart,
        together=need.together,
        starts=starts,
        ends=request.ends if request.ends and request.ends > starts else None,
        care_type=need.care_type,
        home_postcode=home,
        home_miles=need.home_miles if home else None,
        school_postcode=school,
        school_miles=need.school_miles if school else None,
        skills=_all(skills(child.need) for child in children),
        communication=_all(child.need.communication for child in children),
        adaptations=_all(child.need.adaptations for child in children),
        languages=_all(child.need.languages for child in children),
        religion=_shared(child.need.religion for child in children),
        culture=_shared(child.need.culture for child in children),
        alongside=need.alongside,
        pets=need.pets,
        keep_away=need.keep_away,
        kinds=kinds(need),
        fit_first=need.fit_first,
        need_level=need.need_level,
        reference=reference if reference and plausible(reference) else None,
    )


def kinds(need: RequestNeed) -> list[Kind]:
    """The kinds of home to search for: those not said to be unsuitable; all (none named) where every one is."""
    said: dict[Kind, str] = {
        "foster_home": need.foster,
        "supported_accommodation": need.supported,
        "residential_home": need.residential,
    }
    suiting: list[Kind] = [kind for kind in said if said[kind] != "unsuitable"]
    return suiting if len(suiting) < len(said) else []


def skills(need: ChildNeed) -> list[str]:
    """What carers should be able to do for a child: the needs, and what answers each risk that is there."""
    answers = codes.risks()
    return [*need.needs, *(answers[risk.risk] for risk in need.risks if risk.level != "none" and answers[risk.risk])]


def from_need(need: Need, today: date) -> tuple[RequestNeed, list[RequestChild], date, date | None]:
    """The beginning of a request from a search: its need, children and dates. What a search does not say is left out.

    Skills that answer a risk are left out: a search does not say whose risk it is, nor how high.
    """
    known = codes.needs(today)
    wanted = [skill for skill in need.skills if skill in known]
    whole = RequestNeed(
        siblings=need.siblings,
        together=need.together,
        apart=need.apart,
        care_type=need.care_type,
        home_miles=need.home_miles,
        school_miles=need.school_miles,
        alongside=need.alongside,
        pets=need.pets,
        keep_away=need.keep_away,
        fit_first=need.fit_first,
        need_level=need.need_level,
    )
    alone = len(need.children) == 1
    children = [
        RequestChild(
            age=child.age,
            sex=child.sex,
            need=ChildNeed(
                needs=wanted if alone else [],
                communication=need.communication if alone else [],
                communication_needs="yes" if alone and need.communication else "not_specified",
                adaptations=need.adaptations if alone else [],
                adaptation_needed="yes" if alone and need.adaptations else "not_specified",
                languages=need.languages,
                religion=need.religion,
                culture=need.culture,
            ),
            identity=Identity(
                reference=need.reference if alone else None,
                postcode=need.home_postcode,
                school_postcode=need.school_postcode,
            ),
        )
        for child in need.children
    ]
    starts = max(need.starts or today, today)
    return whole, children, starts, need.ends if need.ends and need.ends > starts else None


def _first(found: Iterable[str | None]) -> str | None:
    return next((one for one in found if one), None)


def _all(lists: Iterable[list[str]]) -> list[str]:
    return sorted({one for several in lists for one in several})


def _shared(values: Iterable[str | None]) -> str | None:
    found = set(values)
    return found.pop() if len(found) == 1 else None
