"""Placements: the search for a home, among one's own and everything shared."""

from careshare.service import NavigationItem, Service
from services.placements import changes, desk, enquiries, matches, placed, preview, requests
from services.placements.api import router as api
from services.placements.demo import load_demo
from services.placements.holdings import holdings
from services.placements.kept import KEPT
from services.placements.pages.routes import router as pages
from services.placements.subjects import SUBJECT_DATA
from services.placements.terms.api import router as terms_api
from services.placements.terms.pages import router as terms_pages

preview.declare()

FINDERS = ("placement_finder", "out_of_hours", "regional_placement_officer", "api_client")

service = Service(
    name="placements",
    title="Placements",
    permissions={
        "placement:search": (*FINDERS, "social_worker", "fostering_officer", "team_manager"),
        "placement:call": (*FINDERS, "fostering_officer", "team_manager"),
        "unmet_need:read": (*FINDERS, "team_manager", "director", "nominated_officer"),
        **requests.PERMISSIONS,
        **enquiries.PERMISSIONS,
        **matches.PERMISSIONS,
        **placed.PERMISSIONS,
        **changes.PERMISSIONS,
        **desk.PERMISSIONS,
    },
    api=[api, requests.api, enquiries.api, matches.api, terms_api, placed.api, changes.api, desk.api],
    pages=[pages, requests.pages, enquiries.pages, matches.pages, terms_pages, placed.pages, changes.pages, desk.pages],
    jobs=[
        "services.placements.jobs",
        "services.placements.follows",
        "services.placements.enquiries.jobs",
        "services.placements.placed.follow",
        "services.placements.placed.series.follow",
        "services.placements.changes.jobs",
        "services.placements.news.telling",  # last: it tells what the others did
    ],
    templates="services.placements",
    demo=load_demo,
    demo_order=30,
    holdings=holdings,
    navigation=[
        NavigationItem(
            "Find a home",
            "/placements/tonight",
            "placement:search",
            "Who could take a child tonight or later: your own homes and everything shared with you, in one list.",
            section="Find a home",
            order=10,
        ),
        *desk.NAVIGATION,
        *requests.NAVIGATION,
        *enquiries.NAVIGATION,
        *matches.NAVIGATION,
        *placed.NAVIGATION,
        *changes.NAVIGATION,
        NavigationItem(
            "Searches",
            "/placements/searches",
            "placement:search",
            "What your authority is searching for, and what was said on the telephone.",
            section="Find a home",
            order=11,
        ),
        NavigationItem(
            "Unmet need",
            "/placements/unmet-needs",
            "unmet_need:read",
            "Requests for which no shared home was found.",
            section="Find a home",
            order=12,
        ),
    ],
    kept=KEPT,
    subject_data=SUBJECT_DATA,
)
