"""Children's homes and supported accommodation: places and their true states, prices, residents, spare places."""

from careshare.service import NavigationItem, Service
from services.residential import api, constraints, pages
from services.residential.demo import load_demo
from services.residential.holdings import holdings
from services.residential.kept import KEPT
from services.residential.ofsted.cli import importers
from services.residential.subjects import SUBJECT_DATA

constraints.declare()

MANAGERS = ("residential_manager", "team_manager")

service = Service(
    name="residential",
    title="Homes",
    permissions={
        "residential:read": (*MANAGERS, "placement_finder", "regional_administrator", "api_client"),
        "residential:change": ("residential_manager", "api_client"),
        "residential:open": MANAGERS,
        "residential:publish": (*MANAGERS, "api_client"),
        "residential:import": ("regional_administrator",),
        "resident:change": ("residential_manager", "api_client"),
        "impact_assessment:decide": ("residential_manager",),
    },
    api=[api.router],
    pages=[pages.router],
    jobs=["services.residential.jobs"],
    templates="services.residential",
    navigation=[
        NavigationItem(
            "Homes",
            "/residential",
            "residential:read",
            "Your children’s homes and supported accommodation: places and how each stands, prices, who lives there.",
            section="Our homes",
            order=45,
        ),
        NavigationItem(
            "Ofsted’s list",
            "/residential/ofsted",
            "residential:read",
            "Homes that Ofsted publishes, its judgements, and which authority keeps each here.",
            section="Our homes",
            order=47,
        ),
    ],
    demo=load_demo,
    demo_order=15,
    importers=importers,
    holdings=holdings,
    kept=KEPT,
    subject_data=SUBJECT_DATA,
)
