"""Foster carers: the register, its places and the vacancies an authority shares."""

from careshare.service import NavigationItem, Service
from services.fostering import api, constraints, pages
from services.fostering.demo import load_demo
from services.fostering.holdings import holdings
from services.fostering.imports import api as imports_api
from services.fostering.imports import pages as imports_pages
from services.fostering.imports.cli import importers
from services.fostering.kept import KEPT
from services.fostering.subjects import SUBJECT_DATA
from services.fostering.workers import OFFICERS, WORKERS

constraints.declare()

service = Service(
    name="fostering",
    title="Foster carers",
    permissions={
        "household:read": (*OFFICERS, "team_manager", "exemptions_officer", "api_client"),
        "household:change": (*OFFICERS, "api_client"),
        "household:publish": ("fostering_officer", "team_manager", "api_client"),
        "approval:change": ("fostering_officer", "team_manager", "api_client"),
        "vacancy:confirm": (*WORKERS, "api_client"),
        "placed_child:change": (*OFFICERS, "api_client"),
        "exemption:record": ("fostering_officer", "team_manager", "exemptions_officer", "api_client"),
        "tonight:read": (*OFFICERS, "team_manager", "out_of_hours", "placement_finder"),
        "record_lock:manage": ("team_manager",),
        "household:import": ("fostering_officer", "team_manager", "api_client"),
        "household:export": ("fostering_officer", "team_manager", "api_client"),
    },
    api=[api.router, imports_api.router],
    pages=[pages.router, imports_pages.router],
    jobs=["services.fostering.jobs", "services.fostering.reminders", "services.fostering.imports.work"],
    templates="services.fostering",
    navigation=[
        NavigationItem(
            "Foster carers",
            "/foster-carers",
            "household:read",
            "Your own register: homes, carers, approval, places and the vacancies you share.",
            section="Our homes",
            order=45,
        ),
        NavigationItem(
            "Tonight",
            "/foster-carers/tonight",
            "tonight:read",
            "Your own homes with room tonight, and whom to ring. Prints on a page.",
            section="Our homes",
            order=46,
        ),
        NavigationItem(
            "What is due",
            "/foster-carers/due",
            "household:read",
            "Reviews, checks, approvals that end, vacancies to confirm and birthdays that matter, by date.",
            section="Our homes",
            order=46,
        ),
    ],
    demo=load_demo,
    holdings=holdings,
    demo_order=10,
    importers=importers,
    kept=KEPT,
    subject_data=SUBJECT_DATA,
)
