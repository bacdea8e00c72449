"""Drafts of the month that is over, made each night for each lender until they are issued."""

from datetime import time, timedelta
from typing import Final

from careshare import jobs
from careshare.database import Uow
from careshare.jobs.registry import Nothing
from tenants.recharges import rules, statements
from tenants.recharges.days import today

MAKE: Final = "tenants.make_statements"


@jobs.handler(MAKE, Nothing, timeout=timedelta(minutes=10))
async def make(uow: Uow, _nothing: Nothing) -> None:
    """Make the bound lender's drafts of last month. Made again, nothing changes; what is issued stays."""
    now = today()
    await statements.make(uow, rules.month_of(rules.month_of(now) - rules.DAY), now)


jobs.schedule("tenants.statements_nightly", MAKE, daily_at=time(3, 10), purpose="statements of the month that is over")
