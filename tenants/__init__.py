"""What lies between authorities: authorities, members, agreements, grants, offers."""

from careshare import identity_pages, tidying
from careshare.access.permissions import ROLES
from careshare.clients import pages as clients
from careshare.files import room as files
from careshare.kept import together
from careshare.messages import room as messages
from careshare.notifications import room as notifications
from careshare.second_person import pages as second_person
from careshare.service import Service
from careshare.signin import domain_pages as domains
from careshare.signin import settings_pages as sign_in
from tenants import members, onboarding
from tenants.agreements import service as agreements
from tenants.demo import load_demo
from tenants.recharges import service as recharges

service = Service(
    name="tenants",
    title="Authorities",
    permissions={
        "own:act": tuple(ROLES),
        "confidential:read": (
            "fostering_officer",
            "supervising_social_worker",
            "residential_manager",
            "team_manager",
        ),
        **identity_pages.PERMISSIONS,
        **agreements.PERMISSIONS,
        **clients.PERMISSIONS,
        **second_person.PERMISSIONS,
        **members.PERMISSIONS,
        **onboarding.PERMISSIONS,
        **messages.PERMISSIONS,
        **recharges.PERMISSIONS,
        **sign_in.PERMISSIONS,
        **domains.PERMISSIONS,
    },
    api=[*agreements.api, *members.api, *messages.API, *notifications.API, *recharges.api],
    pages=[
        *agreements.pages,
        clients.router,
        second_person.router,
        *members.pages,
        *onboarding.pages,
        *messages.PAGES,
        *notifications.PAGES,
        *recharges.pages,
        sign_in.router,
        domains.router,
    ],
    jobs=[
        *agreements.JOBS,
        *members.JOBS,
        *messages.JOBS,
        *notifications.JOBS,
        *files.JOBS,
        *tidying.JOBS,
        *recharges.JOBS,
    ],
    kept=(*files.KEPT, *messages.KEPT, *recharges.kept),
    subject_data=together(members.SUBJECT_DATA, messages.SUBJECT_DATA),
    templates="tenants",
    navigation=[
        *identity_pages.NAVIGATION,
        *agreements.NAVIGATION,
        *recharges.NAVIGATION,
        *members.NAVIGATION,
        *onboarding.NAVIGATION,
        domains.NAVIGATION,
        sign_in.NAVIGATION,
        clients.NAVIGATION,
        second_person.NAVIGATION,
        *messages.NAVIGATION,
    ],
    holdings=members.holdings,
    harmless=("own:act", "agreement:read"),
    demo=load_demo,
    demo_order=0,
)
