"""The record: who saw what and why, how long it is kept, people's own data, breaches. For their officer."""

from careshare.service import NavigationItem, Service
from services.record import pages
from services.record.api import router as api
from services.record.retention import DETAIL

OFFICER = ("data_protection_officer",)

service = Service(
    name="record",
    title="The record",
    permissions={
        "record:read": OFFICER,
        "breach:manage": OFFICER,
        "retention:manage": OFFICER,
        "subject_access:export": OFFICER,
    },
    api=[api],
    pages=[pages.router],
    jobs=["services.record.jobs"],
    templates="services.record",
    navigation=[
        NavigationItem(
            "The record",
            "/record",
            "record:read",
            "Who saw which of your records and why, breaches, retention, and people’s requests for their own data.",
            order=65,
        ),
    ],
    kept=[DETAIL],
)
