"""The individual placement agreement on paper, from what is open now.

A confidential address is never in it: it is given by word of mouth to whoever may have it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from careshare.web.filters import long_date, money, role
from services.placements.enquiries.pages.disclosed import child_identity, home_identity
from services.placements.enquiries.pages.words import KINDS
from services.placements.matches import rules
from services.placements.placed.model import PlacementRecord
from services.placements.placed.pages import words
from services.placements.placed.paper import Printed, Row, Section
from services.placements.placed.queries import Agreed
from services.placements.queries import today
from services.placements.terms import words as of_terms
from services.placements.terms.model import ChildPrice

WITHHELD: Final = "Confidential. It is not printed; ask the home’s authority"


def printed(
    record: PlacementRecord,
    *,
    ours: str,
    consents: Sequence[Agreed],
    weekly: Decimal | None,
    shared_under: str | None,
    price: ChildPrice | None = None,
) -> Printed:
    """What the agreement says, for whoever sees both the child and the home; `price`: what was agreed at the match."""
    placing, providing = (ours, record.other) if record.side == "placing" else (record.other, ours)
    home = words.home(record.home)
    where = [Row(*one) for one in home_identity(home) if one[0] != "Confidential"]
    if home.get("confidential"):
        where.append(Row("Address", WITHHELD))
    return Printed(
        "Individual placement agreement",
        ours,
        long_date(today()),
        f"Between {placing}, which places the child, and {providing}, whose home it is.",
        [
            Section("The child", [Row(*one) for one in child_identity(record.child or {})]),
            Section("The home", [Row("Kind", KINDS[record.kind]), *where]),
            Section("The placement", _placement(record, weekly, shared_under, price)),
            Section("Who agreed", [_consent(one) for one in consents]),
            Section(
                "Signed",
                [Row(f"For {name}", "Name, role, date and signature:") for name in dict.fromkeys((placing, providing))],
            ),
        ],
    )


def _placement(
    record: PlacementRecord, weekly: Decimal | None, shared_under: str | None, price: ChildPrice | None
) -> list[Row]:
    """The days, the price (line by line where it was agreed at the match), and what it was made under."""
    rows = [
        Row("Begins", long_date(record.starts)),
        Row("Ends", long_date(record.ends) if record.ends else "By review; no day is set"),
        Row("Made in an emergency", "Yes" if record.emergency else "No"),
    ]
    if price is not None:
        rows += [Row(*one) for one in of_terms.facts(price)]
    else:
        said = "None is recorded yet" if weekly is None else f"{money(weekly, pence=True)} a week"
        rows.append(Row("Price", said))
    if shared_under:
        rows.append(Row("Made under", f"{shared_under}, version {record.agreement_version}"))
    if record.plan:
        signed = f", signed on {long_date(record.plan.signed_on)}" if record.plan.signed_on else ", not signed yet"
        rows.append(Row("Placement plan", f"Agreed on {long_date(record.plan.agreed_on)}{signed}"))
    return rows


def _consent(one: Agreed) -> Row:
    label = rules.kinds()[one.kind].label
    if one.decided_at is None:
        return Row(label, "Not given yet")
    said = {"given": "Given", "refused": "Refused"}.get(one.state, one.state)
    by = f" by a {role(one.decided_role)}" if one.decided_role else ""
    how = ", by telephone" + (", confirmed" if one.confirmed else ", not confirmed yet") if one.by_telephone else ""
    return Row(label, f"{said} on {long_date(one.decided_at)}{by}{how}")
