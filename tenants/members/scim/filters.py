"""SCIM filters (RFC 7644 3.4.2.2) as conditions on the members' columns. Every value is a bound parameter."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from scim2_filter_parser import ast, lexer, parser  # pyright: ignore[reportMissingTypeStubs]
from scim2_models import InvalidFilterException
from sqlalchemy import ColumnElement, String, and_, false, func, literal, not_, or_, true
from sqlalchemy import cast as sql_cast

LONGEST: Final = 2_000
"""Characters of a filter. What directories send has a hundred."""

_lexer: Any = lexer  # published without types
_parser: Any = parser

Columns = Mapping[str, ColumnElement[Any]]
_USER: Final = "urn:ietf:params:scim:schemas:core:2.0:user"
_TEXT: Final = {
    "id": "id",
    "username": "user_name",
    "externalid": "external_id",
    "emails": "email",
    "emails.value": "email",
    "name.formatted": "name",
    "displayname": "name",
    "name.givenname": "given_name",
    "name.familyname": "family_name",
}
_EXACT: Final = {"id", "external_id"}
"""Columns whose letters' case tells two values apart."""
_TIMES: Final = {"meta.created": "created_at", "meta.lastmodified": "changed_at"}
_ORDERED: Final[Mapping[str, Callable[[Any, Any], ColumnElement[bool]]]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left.is_distinct_from(right),
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}
_WITHIN: Final[Mapping[str, Callable[[Any, str], ColumnElement[bool]]]] = {
    "co": lambda left, right: left.contains(right, autoescape=True),
    "sw": lambda left, right: left.startswith(right, autoescape=True),
    "ew": lambda left, right: left.endswith(right, autoescape=True),
}


def condition(text: str, columns: Columns) -> ColumnElement[bool]:
    """The condition that a filter says. Raises InvalidFilterException for what cannot be read or is not kept here."""
    if len(text) > LONGEST:
        raise InvalidFilterException(detail=f"A filter has at most {LONGEST} characters")
    tree: Any
    try:
        tree = _parser.SCIMParser().parse(_lexer.SCIMLexer().tokenize(text))
    except (ValueError, TypeError, AttributeError, parser.SCIMParserError) as error:
        raise InvalidFilterException(detail="The filter cannot be read") from error
    if tree is None:
        raise InvalidFilterException(detail="The filter is empty")
    return _filter(tree, columns, "")


def _filter(node: Any, columns: Columns, within: str) -> ColumnElement[bool]:
    if not isinstance(node, ast.Filter):
        raise InvalidFilterException(detail="The filter cannot be read")
    inner: Any = node.expr
    namespace: Any = node.namespace
    if namespace is not None:
        within = f"{_path(namespace, within)}."
    found = (
        _logic(inner, columns, within)
        if isinstance(inner, ast.LogExpr)
        else _compare(inner, columns, within)
        if isinstance(inner, ast.AttrExpr)
        else _filter(inner, columns, within)
    )
    return not_(func.coalesce(found, false())) if node.negated else found


def _logic(node: Any, columns: Columns, within: str) -> ColumnElement[bool]:
    # The parser reads "a or b and c" from the left; "and" binds closer (RFC 7644), so a chain is put together anew.
    groups: list[list[ColumnElement[bool]]] = [[]]
    for before, part in _chain(node):
        if before == "or":
            groups.append([])
        groups[-1].append(_filter(part, columns, within))
    return or_(*(and_(*group) for group in groups))


def _chain(node: Any) -> list[tuple[str, Any]]:
    """A chain without brackets as its parts, each with the word that stands before it."""

    def parts(side: Any, before: str) -> list[tuple[str, Any]]:
        inner = side.expr
        if isinstance(inner, ast.LogExpr) and not side.negated and side.namespace is None:
            first, *rest = _chain(inner)
            return [(before, first[1]), *rest]
        return [(before, side)]

    return [*parts(node.expr1, ""), *parts(node.expr2, str(node.op).lower())]


def _path(node: Any, within: str) -> str:
    name: Any = node.attr_name
    if not isinstance(name, str):
        raise InvalidFilterException(detail="The filter compares what is not an attribute")
    if node.uri is not None and str(node.uri).lower() != _USER:
        raise InvalidFilterException(detail=f"Nothing of {node.uri} is kept here")
    whole = name if node.sub_attr is None else f"{name}.{node.sub_attr.value}"
    return f"{within}{whole}".lower()


def _compare(node: Any, columns: Columns, within: str) -> ColumnElement[bool]:
    path, operator = _path(node.attr_path, within), str(node.value).lower()
    value = None if node.comp_value is None else str(node.comp_value.value)
    if operator == "pr":
        return _present(path, columns)
    if value is None:
        raise InvalidFilterException(detail="The filter compares with nothing")
    if path == "active":
        return _active(operator, value, columns)
    if path in {"roles", "roles.value"} and operator in {"eq", "co"}:
        return columns["roles"].any_() == literal(value)
    if path == "emails.type" and operator == "eq":
        return true() if value.lower() == "work" else false()
    if path == "emails.primary" and operator == "eq":
        return true() if value.lower() == "true" else false()
    if path in _TIMES:
        return _ordered(operator, columns[_TIMES[path]], _moment(value), path)
    if path not in _TEXT:
        raise InvalidFilterException(detail=f"Members cannot be filtered by {path}")
    name = _TEXT[path]
    found = sql_cast(columns[name], String)
    left, right = (found, value) if name in _EXACT else (func.lower(found), value.lower())
    if operator in _WITHIN:
        return _WITHIN[operator](left, right)
    return _ordered(operator, left, right, path)


def _ordered(operator: str, left: ColumnElement[Any], right: Any, path: str) -> ColumnElement[bool]:
    if operator not in _ORDERED:
        raise InvalidFilterException(detail=f"{path} cannot be compared by {operator}")
    return _ORDERED[operator](left, right)


def _present(path: str, columns: Columns) -> ColumnElement[bool]:
    if path in {"active", "username", "emails", "emails.value", "id", "displayname", "meta.created"}:
        return true()
    if path == "roles":
        return func.cardinality(columns["roles"]) > 0
    if path in _TEXT:
        return columns[_TEXT[path]].is_not(None)
    return false()


def _active(operator: str, value: str, columns: Columns) -> ColumnElement[bool]:
    if operator not in {"eq", "ne"} or value.lower() not in {"true", "false"}:
        raise InvalidFilterException(detail="active is compared by eq with true or false")
    wanted = (value.lower() == "true") == (operator == "eq")
    return columns["active"].is_(wanted)


def _moment(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise InvalidFilterException(detail="A moment names its time zone, like 2026-11-20T08:00:00Z")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last hours there are do not exist in every time zone
        raise InvalidFilterException(detail="A moment is like 2026-11-20T08:00:00Z") from None
