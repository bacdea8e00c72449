"""What the link of an invitation does: it leads to signing in with the council's own account."""

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict
from careshare.messages import Link, Used, purpose
from tenants.members.actions import EXPIRED, PURPOSE

STANDS = text("""
    select 1 from tenants.invitation
    where authority_id = (select careshare.authority()) and id = :id and (accepted_at is not null or expires_at > now())
""")


@purpose(
    PURPOSE,
    title="Your invitation to Careshare",
    text="You have been invited to use Careshare. You sign in with your council’s own account.",
    button="Go on to sign in",
)
async def accept(uow: Uow, link: Link) -> Used:
    """Lead whoever was invited to signing in, by which the invitation is accepted. Raises Conflict once it lapsed."""
    if await uow.scalar(STANDS, {"id": link.subject_id}) is None:
        raise Conflict(EXPIRED)
    return Used("Sign in", path="/sign-in")
