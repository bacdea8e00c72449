"""What one's own home may be told as in one enquiry, by how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import NotFound
from services.residential.actions import assessments as impact
from tenants.days import LONDON, today


def _last_day(until: datetime) -> date:
    """The day that ends with a midnight, as people say it."""
    return until.astimezone(LONDON).date() - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What is told of a home to one authority in one enquiry: `fuller` once accepted, `identity` once matched."""

    fuller: Mapping[str, object]
    identity: Mapping[str, object]


DESCRIBED = text("""
    select h.urn, h.name, h.owner_organisation, h.sector, h.kept_as, h.kind, h.category, h.address, h.postcode,
      h.registered_places, h.age_min, h.age_max, h.sex, h.purpose, h.purposes, h.care_types, h.need_levels, h.skills,
      h.communication, h.adaptations, h.education_on_site, h.multi_building, h.short_break_only, h.manager_name,
      h.contact_number, h.judgement, h.judged_on, h.staffed_places, h.staffed_until, h.area_gss, h.confidential
    from residential.home h where h.authority_id = (select careshare.authority()) and h.id = :home
""")


async def describe_for_disclosure(uow: Uow, home_id: UUID) -> Disclosure:
    """What one's own home may be told as, to be snapshot for one enquiry. Raises NotFound.

    `fuller` has no name, street, telephone number, nor Ofsted's number, and those who live there in bands alone.
    `identity` is who and where it is; a confidential address is left out: it is told by telephone.
    """
    row = (await uow.execute(DESCRIBED, {"home": home_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    there = await impact.residents_in_bands(uow, home_id, today())
    same = (
        "sector",
        "kept_as",
        "kind",
        "category",
        "registered_places",
        "age_min",
        "age_max",
        "sex",
        "purposes",
        "care_types",
        "need_levels",
        "skills",
        "communication",
        "adaptations",
        "education_on_site",
        "multi_building",
        "short_break_only",
        "judgement",
    )
    fuller: dict[str, object] = {name: row[name] for name in same}
    fuller["judged_year"] = None if row["judged_on"] is None else row["judged_on"].year
    fuller["staffed_until"] = None if row["staffed_until"] is None else _last_day(row["staffed_until"]).isoformat()
    fuller["residents"] = [{"ages": [one.age_low, one.age_high], "sex": one.sex} for one in there]
    identity: dict[str, object] = {
        name: row[name]
        for name in ("urn", "name", "owner_organisation", "purpose", "manager_name", "contact_number", "area_gss")
    }
    identity["confidential"] = row["confidential"]
    if not row["confidential"]:
        identity |= {"address": row["address"], "postcode": row["postcode"]}
    return Disclosure(fuller, identity)
