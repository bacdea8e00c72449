"""Whatever table comes to hold a part of an enquiry goes with it: known by its columns, open to the broker, held."""

from typing import Final

from careshare.settings import Settings
from tenants.actions import as_owner

BY_HAND: Final = {"consent_asked", "consent_answer"}
"""Tables that `placements.forget_enquiries` names itself: they lead to an enquiry by a consent alone."""
POINTING: Final = """
with recursive reached (oid) as (
  select 'placements.enquiry'::regclass::oid
  union select f.conrelid from pg_constraint f join reached r on f.confrelid = r.oid where f.contype = 'f')
select c.relname from reached r join pg_class c on c.oid = r.oid where c.relname <> 'enquiry'
"""
HALVES: Final = """
select c.relname, exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'broker') as policy,
  has_table_privilege('careshare_broker', c.oid, 'delete') as may,
  exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'held' and t.tgenabled = 'A') as held
from placements.kept_with_enquiries(false) k join pg_class c on c.oid = k.tab
"""
SHARED: Final = """
select c.relname,
  2 = (select count(*) from pg_policy p
    where p.polrelid = c.oid and pg_get_expr(p.polqual, c.oid) like '%_gone%') as hides,
  has_table_privilege('careshare_broker', c.oid, 'delete, update') as may
from placements.kept_with_enquiries(true) k join pg_class c on c.oid = k.tab
"""
HELP: Final = (
    "see migrations/sql/0053b_keeping.sql: placements.keep_with_enquiries(tab) for a half, …_gone for a shared one"
)


async def test_every_table_that_leads_to_an_enquiry_goes_with_it(settings: Settings) -> None:
    async with as_owner(settings) as owner:
        pointing = {row["relname"] for row in await owner.fetch(POINTING)}
        halves = await owner.fetch(HALVES)
        shared = await owner.fetch(SHARED)
    known = {row["relname"] for row in (*halves, *shared)}
    assert {"asked", "message", "plan", "archive"} <= {row["relname"] for row in halves}
    assert {"hold", "consent", "placement", "step"} <= {row["relname"] for row in shared}
    assert pointing - known - BY_HAND == set(), HELP
    assert [row["relname"] for row in halves if not (row["policy"] and row["may"] and row["held"])] == [], HELP
    assert [row["relname"] for row in shared if not (row["hides"] and row["may"])] == [], HELP
