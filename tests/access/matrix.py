"""The access matrix: every route, who may use it, and what each kind of record answers. Made from the declarations."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from careshare.access.permissions import ROLES, Permissions
from careshare.service import Service

PARAMETER: Final = re.compile(r"\{(\w+):(\w+)\}")
YES, NOTICE, NOT_THERE, WITHHELD, NOTHING = "yes", "the notice", "404", "address withheld", "–"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record that an address names: what one's own, a shared, another's and a confidential one answer."""

    shared: str = NOT_THERE
    foreign: str = NOT_THERE
    confidential: str = NOTHING


KINDS: Final[Mapping[str, Kind]] = {
    "offer_id": Kind(shared=NOTICE, confidential=YES),
    "household_id": Kind(confidential=WITHHELD),
    "home_id": Kind(confidential=WITHHELD),
}
"""Records that differ from the rule: one's own is there, any other authority's is not."""

OF_ONE_PERSON: Final = frozenset({"kept_id", "notification_id"})
"""What only one person has, whatever their roles; tests/identity and tests/notifications try these."""


@dataclass(frozen=True, slots=True)
class Row:
    """One route of the matrix."""

    method: str
    path: str
    permission: str
    roles: tuple[str, ...]
    step_up: bool
    kind: Kind | None

    @property
    def api(self) -> bool:
        """Whether it takes tokens rather than sessions."""
        return self.path.startswith(("/api/", "/scim/"))


def routes(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Path, method and handler of every route."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if method not in {"OPTIONS", "HEAD"}:
                    yield route.path, method, handler


def rows(app: Litestar, services: Iterable[Service]) -> list[Row]:
    """Every route that asks who is calling, in the order of the addresses."""
    permissions = Permissions(service.permissions for service in services)
    found: list[Row] = []
    for path, method, handler in routes(app):
        if handler.opt.get("public"):
            continue
        permission = str(handler.opt["permission"])
        named = [name for name, type_ in PARAMETER.findall(path) if type_ == "uuid"]
        found.append(
            Row(
                method=method,
                path=path,
                permission=permission,
                roles=tuple(role for role in ROLES if permission in permissions.of([role])),
                step_up=bool(handler.opt.get("step_up")),
                kind=None if not named or named[0] in OF_ONE_PERSON else KINDS.get(named[0], Kind()),
            )
        )
    return sorted(found, key=lambda row: (not row.api, row.path, row.method))


def document(found: Iterable[Row], services: Iterable[Service]) -> str:
    """The matrix as docs/access-matrix.md."""
    named = list(services)
    permissions = Permissions(service.permissions for service in named)
    lines = [
        "# Who may do what",
        "",
        "Made from what the code declares, and tried as it stands here by `tests/access/test_matrix.py`: every role on",
        "every route. Write it anew with `CARESHARE_WRITE_MATRIX=1 .venv/bin/pytest tests/access/test_matrix.py`.",
        "",
        "## Roles",
        "",
        "| Role | Permissions |",
        "|---|---|",
    ]
    lines += [f"| {ROLES[role]} | {', '.join(sorted(permissions.of([role]))) or 'none yet'} |" for role in ROLES]
    lines += [
        "",
        "## Routes",
        "",
        "Whoever lacks the permission gets 403, whoever is not signed in 401 (a page: the sign-in). The last four",
        "columns say what somebody with the permission gets for a record of their own authority, for one shared with",
        "it by agreement, for another authority's, and for a confidential one of their own. 404 is the same answer as",
        "for what does not exist. *Step-up*: signing in again within 15 minutes. *Address withheld*: all but the",
        "address, which takes the permission `confidential:read` and a reason.",
        "",
        "| Route | Permission | Roles | Own | Shared | Another's | Confidential |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in found:
        kind = row.kind or Kind(NOTHING, NOTHING, NOTHING)
        who = ", ".join(ROLES[role] for role in row.roles)
        own = "after step-up" if row.step_up else YES
        path = PARAMETER.sub(r"{\1}", row.path)
        lines.append(
            f"| `{row.method} {path}` | {row.permission} | {who} | {own} | {kind.shared} |"
            f" {kind.foreign} | {kind.confidential} |"
        )
    return "\n".join(lines) + "\n"
