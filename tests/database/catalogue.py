"""What the database itself says of its tables, keys, policies, grants and functions, as lines that can be compared."""

from sqlalchemy import text

from careshare.database import Uow

OURS = "n.nspname not like 'pg\\_%' and n.nspname not in ('information_schema', 'public')"

TABLES = f"""
select 'table ' || n.nspname || '.' || c.relname || ' owner=' || pg_get_userbyid(c.relowner)
  || ' rls=' || c.relrowsecurity || ' forced=' || c.relforcerowsecurity
  || ' scope=' || coalesce(substring(obj_description(c.oid) from '^scope: ([a-z]+)\\.'), 'NONE')
from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and {OURS}
"""
CONSTRAINTS = f"""
select 'constraint ' || n.nspname || '.' || c.relname || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid)
from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
where k.contype <> 'n' and {OURS}
"""
INDEXES = f"""
select 'index ' || pg_get_indexdef(i.indexrelid)
from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace where {OURS}
"""
POLICIES = f"""
select 'policy ' || n.nspname || '.' || c.relname || '.' || p.polname
  || case when p.polpermissive then '' else '(restrictive)' end || ' for ' || p.polcmd::text || ' to '
  || (select string_agg(coalesce(r.rolname, 'public'), ',' order by r.rolname)
      from unnest(p.polroles) o left join pg_roles r on r.oid = o)
  || ' using ' || coalesce(pg_get_expr(p.polqual, p.polrelid), '-')
  || ' check ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '-')
from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where {OURS}
"""
GRANTS = f"""
select 'grant ' || n.nspname || '.' || c.relname || ' to ' || coalesce(r.rolname, 'PUBLIC') || ': '
  || string_agg(a.privilege_type, ',' order by a.privilege_type)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
  cross join lateral aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
where c.relkind in ('r', 'p', 'v', 'm', 'S') and {OURS} and a.grantee <> c.relowner
group by n.nspname, c.relname, r.rolname
"""
COLUMN_GRANTS = f"""
select 'grant ' || n.nspname || '.' || c.relname || '(' || string_agg(t.attname, ',' order by t.attname) || ') to '
  || coalesce(r.rolname, 'PUBLIC') || ': ' || a.privilege_type
from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace
  cross join lateral aclexplode(t.attacl) a left join pg_roles r on r.oid = a.grantee
where {OURS} group by n.nspname, c.relname, r.rolname, a.privilege_type
"""
FUNCTIONS = f"""
select 'function ' || p.oid::regprocedure::text || ' owner=' || pg_get_userbyid(p.proowner)
  || ' definer=' || p.prosecdef || ' config=' || coalesce(array_to_string(p.proconfig, ';'), '-')
  || ' execute=' || coalesce((select string_agg(coalesce(r.rolname, 'PUBLIC'), ',' order by r.rolname)
       from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a left join pg_roles r on r.oid = a.grantee
       where a.grantee <> p.proowner), '-')
from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {OURS}
"""
ROLES = """
select 'role ' || rolname || ' super=' || rolsuper || ' bypassrls=' || rolbypassrls || ' login=' || rolcanlogin
  || ' createrole=' || rolcreaterole || ' createdb=' || rolcreatedb
  || ' member_of=' || coalesce((select string_agg(g.rolname, ',' order by g.rolname)
       from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid), '-')
from pg_roles r where rolname like 'careshare\\_%'
"""


async def lines(uow: Uow) -> list[str]:
    """Everything above, one line each, in a fixed order."""
    found: list[str] = []
    for query in (ROLES, TABLES, CONSTRAINTS, INDEXES, POLICIES, GRANTS, COLUMN_GRANTS, FUNCTIONS):
        rows = (await uow.execute(text(query.replace(":", "\\:")))).scalars().all()
        found += sorted(" ".join(str(row).split()) for row in rows)
    return found
