"""Children's homes and supported accommodation: places and their true states, prices, residents, spare places."""

from careshare.service import Service
from services.residential import api, constraints
from services.residential.ofsted.cli import importers

constraints.declare()

MANAGERS = ("residential_manager", "team_manager")

service = Service(
    name="residential",
    title="Homes",
    permissions={
        "residential:read": (*MANAGERS, "placement_finder", "regional_administrator", "api_client"),
        "residential:change": ("residential_manager", "api_client"),
        "residential:publish": (*MANAGERS, "api_client"),
        "residential:import": ("regional_administrator",),
        "resident:change": ("residential_manager", "api_client"),
        "impact_assessment:decide": ("residential_manager",),
    },
    api=[api.router],
    jobs=["services.residential.jobs"],
    importers=importers,
)
