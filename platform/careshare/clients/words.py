"""Scopes and roles in plain words: what each opens, as the API itself describes it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from litestar import Litestar
from litestar.routes import HTTPRoute

from careshare.access.permissions import ROLES, Permissions
from careshare.clients.model import NO_ROLE_FOR_MACHINES
from careshare.service import Service

USUAL = "api_client"
"""The role of a system that needs no particular one."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope: its name, what it is called on pages, and what can be done with it."""

    name: str
    title: str
    opens: str


@dataclass(frozen=True, slots=True)
class Group:
    """The scopes of one service."""

    title: str
    scopes: tuple[Scope, ...]


ABBREVIATIONS: Final = {"scim": "SCIM"}


def title(scope: str) -> str:
    """`household:read` as "Read household"."""
    resource, _, action = scope.partition(":")
    return f"{action.capitalize()} {ABBREVIATIONS.get(resource, resource)}".replace("_", " ").strip()


def offered(app: Litestar) -> list[Group]:
    """Every scope that opens something in the API, by service; what asks for step-up opens for no system."""
    opens: dict[str, list[str]] = {}
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            permission = handler.opt.get("permission")
            open_to_machines = handler.opt.get("kind") == "api" and not handler.opt.get("step_up")
            if open_to_machines and isinstance(permission, str):
                opens.setdefault(permission, []).extend([handler.summary] if handler.summary else [])
    rooms: Sequence[Service] = app.state.services
    groups: list[Group] = []
    for room in rooms:
        mine = [name for name in room.permissions if name in opens]
        found = [Scope(name, title(name), "; ".join(sorted(set(opens[name])))) for name in mine]
        if found:
            groups.append(Group(room.title, tuple(found)))
    return groups


def harmless(rooms: Iterable[Service]) -> frozenset[str]:
    """The scopes that a system has on one administrator's word."""
    return frozenset(name for room in rooms for name in room.harmless)


def roles_for_machines(permissions: Permissions, groups: Iterable[Group]) -> list[tuple[str, str]]:
    """The roles a client may be given, those that open nothing in the API left out; the usual one first."""
    names = {scope.name for group in groups for scope in group.scopes}
    useful = [role for role in ROLES if role not in NO_ROLE_FOR_MACHINES and permissions.of([role]) & names]
    return [(role, ROLES[role]) for role in sorted(useful, key=lambda role: role != USUAL)]


def in_words(groups: Iterable[Group], scopes: Iterable[str]) -> list[tuple[str, str]]:
    """These scopes by service, for a page."""
    held = set(scopes)
    told = [(group.title, [scope for scope in group.scopes if scope.name in held]) for group in groups]
    return [(name, ", ".join(scope.title for scope in some)) for name, some in told if some]
