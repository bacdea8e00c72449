"""Children's homes and supported accommodation: places and their true states, prices, residents, spare places."""

from careshare.service import Service
from services.residential import constraints

constraints.declare()

service = Service(
    name="residential",
    title="Homes",
    jobs=["services.residential.jobs"],
)
