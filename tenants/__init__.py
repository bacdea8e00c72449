"""What lies between authorities: authorities, members, agreements, grants, offers."""

from careshare.access.permissions import ROLES
from careshare.clients import pages as clients
from careshare.service import Service
from tenants.demo import load_demo

service = Service(
    name="tenants",
    title="Authorities",
    permissions={
        "own:act": tuple(ROLES),
        "confidential:read": ("fostering_officer", "supervising_social_worker", "team_manager"),
        **clients.PERMISSIONS,
    },
    pages=[clients.router],
    navigation=[clients.NAVIGATION],
    demo=load_demo,
    demo_order=0,
)
