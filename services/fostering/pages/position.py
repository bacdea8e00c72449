"""How a household stands to the usual fostering limit, apart from its terms of approval, and birthdays that matter."""

from dataclasses import dataclass
from datetime import date, timedelta

from services.fostering.limits import limits
from services.fostering.records import HouseholdRecord
from services.fostering.rules import Birthday, Child, Exemption, LimitCheck, birthdays, siblings, usual_limit
from tenants.references import reference_key


@dataclass(frozen=True, slots=True)
class Position:
    """Children fostered there today against the limit: `named` are those an exemption in force names."""

    check: LimitCheck
    all_siblings: bool
    named: tuple[str, ...]
    unnamed: tuple[str, ...]

    @property
    def tag(self) -> tuple[str, str]:
        """The standing in a word, with its colour."""
        return {
            "within": ("Within the limit", "green"),
            "siblings": ("Over the limit: all are siblings", "blue"),
            "exemption": ("Over the limit: exempted", "blue"),
            "over": ("Over the limit without exemption", "red"),
        }[self.check.basis]


def position(record: HouseholdRecord, day: date) -> Position:
    """The household's position on a day. Privately fostered children count; the carers' own do not.

    Where the address is withheld its area is too: then an exemption on record is taken to be the area authority's, as
    it was when it was recorded.
    """
    fostered = _fostered(record, day)
    private = [
        Child(one.name, one.born)
        for one in record.members
        if one.relationship == "privately_fostered" and one.born is not None
    ]
    everybody = [*fostered, *private]
    exemptions = [
        Exemption(one.granted_by_gss, frozenset(one.children), one.since, one.until) for one in record.exemptions
    ]
    in_force = [one for one in exemptions if one.starts <= day and (one.ends is None or day < one.ends)]
    area = in_force[0].granted_by_gss if record.address_withheld and in_force else record.area_gss
    check = usual_limit(everybody, limits=limits(day), day=day, area_gss=area, exemptions=exemptions)
    named = sorted(frozenset[str]().union(*(one.children for one in in_force)))
    keys = {reference_key(name) for name in named}
    there = {one.reference for one in everybody}
    return Position(
        check=check,
        all_siblings=len(everybody) > 1 and all(siblings(everybody[0], one) for one in everybody[1:]),
        named=tuple(named),
        unnamed=tuple(sorted(name for name in there if reference_key(name) not in keys)) if named else (),
    )


YEAR = timedelta(days=365)


def coming_birthdays(record: HouseholdRecord, day: date) -> list[Birthday]:
    """Birthdays of the children placed, in the coming year, that change something for them or for the approval."""
    approval = record.approval_on(day)
    age_max = approval.age_max if approval else None
    return birthdays(_fostered(record, day), age_max, limits(day), day, day + YEAR)


def _fostered(record: HouseholdRecord, day: date) -> list[Child]:
    return [
        Child(one.child_reference, one.born, one.sex, one.sibling_group, one.care_type)
        for one in record.placed
        if one.starts <= day and (one.ends is None or day < one.ends)
    ]
