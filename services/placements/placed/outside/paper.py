"""The placement agreement with a provider outside Careshare, on paper: for it to sign, and for the file."""

from datetime import date

from careshare.web.filters import long_date, money, role
from services.placements.enquiries.pages.disclosed import child_identity
from services.placements.enquiries.pages.words import KINDS
from services.placements.placed.outside.model import OutsidePlacementRecord
from services.placements.placed.paper import Printed, Row, Section
from services.placements.queries import today

ROUTES = {"nominated_officer": "the nominated officer", "director": "the director"}


def printed(record: OutsidePlacementRecord, *, ours: str) -> Printed:
    """What the agreement says."""
    home = record.home or {}
    names = (("home", "Name"), ("address", "Address"), ("postcode", "Postcode"), ("contact", "Whom to ring"))
    provider = [Row("Provider", record.provider), Row("Kind", KINDS[record.kind])]
    if record.urn:
        provider.append(Row("Ofsted’s number", record.urn))
    return Printed(
        "Individual placement agreement",
        ours,
        long_date(today()),
        f"Between {ours}, which places the child, and {record.provider}, which provides the home.",
        [
            Section("The child", [Row(*one) for one in child_identity(record.child or {})]),
            Section("The home", [*provider, *(Row(label, home[name]) for name, label in names if home.get(name))]),
            Section("The placement", _placement(record)),
            Section(
                "Signed",
                [Row(f"For {name}", "Name, role, date and signature:") for name in (ours, record.provider)],
            ),
        ],
    )


def _placement(record: OutsidePlacementRecord) -> list[Row]:
    rows = [
        Row("Begins", long_date(record.starts)),
        Row("Ends", long_date(record.ends) if record.ends else "By review; no day is set"),
        Row("Made in an emergency", "Yes" if record.emergency else "No"),
    ]
    rows += [
        Row("Price", f"{money(one.weekly, pence=True)} a week from {long_date(one.since)}") for one in record.prices
    ]
    if record.route != "none":
        said = (
            f"Approved on {_day(record)} by a {role(record.approved_role or '')}" if record.approved_at else "Not yet"
        )
        rows.append(Row(f"Approval by {ROUTES[record.route]}", said))
    if record.plan:
        signed = f", signed on {long_date(record.plan.signed_on)}" if record.plan.signed_on else ", not signed yet"
        rows.append(Row("Placement plan", f"Agreed on {long_date(record.plan.agreed_on)}{signed}"))
    return rows


def _day(record: OutsidePlacementRecord) -> str:
    at: date | None = record.approved_at
    return long_date(at) if at else ""
