"""What is unusual about a placement that stands: outside the terms of approval, or over the usual fostering limit.

Both are looked at apart, because each can be broken alone. Such a placement is a fact and is taken; a person should see
it.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from services.fostering.imports.cells import Value
from services.fostering.imports.check import Fault
from services.fostering.limits import limits
from services.fostering.rules import Child, Exemption, Terms, against_terms, age_on, usual_limit

_FIELDS = {"age": "born", "named_children": "child_reference", "places": "household_reference"}


def child_in(state: Mapping[str, Value]) -> Child:
    """The child in a row."""
    return Child(
        reference=state["child_reference"],
        born=date.fromisoformat(state["born"]),
        sex=state["sex"],
        sibling_group=state["sibling_group"],
        care_type=state["care_type"],
    )


def terms_warnings(
    terms: Terms | None,
    child: Child,
    others: Sequence[Child],
    *,
    area_gss: str | None,
    exemptions: Sequence[Exemption],
    day: date,
) -> list[Fault]:
    """What a person should look at when this child lives with these others on that day."""
    numbers = limits(day)
    age = age_on(child.born, day)
    found: list[Fault] = []
    if age >= numbers.adult_age:
        adult = f"from {numbers.adult_age} a young person stays put and is not fostered"
        found.append(Fault("born", f"{child.reference} is {age}: {adult}"))
    if terms is None:
        found.append(Fault("household_reference", "The household has no approval in force"))
    else:
        found += [
            Fault(_FIELDS.get(breach.term, breach.term), f"{breach.message} ({child.reference})")
            for breach in against_terms(terms, others, [child], day)
            if not (breach.term == "sex" and child.sex == "U")
        ]
    check = usual_limit([child, *others], limits=numbers, day=day, area_gss=area_gss, exemptions=exemptions)
    if not check.allowed:
        message = (
            f"With {child.reference} {check.children} children are fostered there, more than the usual limit of "
            f"{check.limit}, and no exemption on the register names them all"
        )
        found.append(Fault("household_reference", message))
    return found
