"""A member as a SCIM User, and what a User asks of a member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from pydantic import ValidationError
from scim2_models import (
    Context,
    Email,
    EnterpriseUser,
    Error,
    InvalidSyntaxException,
    InvalidValueException,
    Meta,
    Name,
    PatchOp,
    Role,
    ScimPolicy,
    User,
)

from careshare.access.permissions import ROLES
from tenants.members.model import read_email

DirectoryUser = User[EnterpriseUser]
"""The User that directories send. Of the enterprise's part nothing is kept: it is read and let go."""

# What Microsoft Entra ID sends beside the standard: attributes of its own, a value with a remove, an entry to make.
POLICY: Final = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
LONGEST_NAME: Final = 120
LONGEST_EXTERNAL_ID: Final = 500
"""Characters. Directories send some thirty; an index entry of the database holds no more than 2,700 bytes."""


class Refused(Exception):
    """What was sent is refused by SCIM's own rules: the error to answer with."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.detail)
        self.error = error


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a directory wants a member to be. `roles` None: it says nothing of roles."""

    user_name: str
    email: str
    name: str
    given_name: str | None
    family_name: str | None
    external_id: str | None
    active: bool
    roles: list[str] | None


def read(body: bytes) -> dict[str, Any]:
    """The JSON object that was sent. Raises InvalidSyntaxException."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidSyntaxException(detail="This is not JSON") from None
    if not isinstance(found, dict):
        raise InvalidSyntaxException(detail="A JSON object was expected")
    return cast("dict[str, Any]", found)


def user_of(row: Mapping[str, Any], address: str) -> User[EnterpriseUser]:
    """The member of a row of `tenants.members` as a User; `address` is where Users are."""
    roles: list[str] = row["roles"]
    return DirectoryUser(
        id=str(row["id"]),
        external_id=row["external_id"],
        user_name=row["user_name"],
        name=Name(formatted=row["name"], given_name=row["given_name"], family_name=row["family_name"]),
        display_name=row["name"],
        active=bool(row["active"]),
        emails=[Email(value=row["email"], type=Email.Type.work, primary=True)],
        roles=[Role(value=role, display=ROLES[role], primary=True if len(roles) == 1 else None) for role in roles]
        or None,
        meta=Meta(
            resource_type="User",
            created=row["created_at"],
            last_modified=row["changed_at"],
            location=f"{address}/{row['id']}",
            version=etag(row["version"]),
        ),
    )


def etag(version: int) -> str:
    """The weak ETag of a version."""
    return f'W/"{version}"'


def created(body: dict[str, Any]) -> Wanted:
    """What a POST asks for. Raises Refused, InvalidValueException."""
    return wanted(_validated(body, Context.RESOURCE_CREATION_REQUEST), names_roles=_named(body, "roles"))


def replaced(body: dict[str, Any]) -> Wanted:
    """What a PUT asks for. Roles it does not name stay as they are: an administrator may have given them."""
    return wanted(_validated(body, Context.RESOURCE_REPLACEMENT_REQUEST), names_roles=_named(body, "roles"))


def patched(body: dict[str, Any], user: User[EnterpriseUser]) -> Wanted:
    """What a PATCH makes of a user. Raises Refused and the exceptions of scim2-models."""
    try:
        patch = PatchOp[DirectoryUser].model_validate(
            _paths_apart(body), scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY
        )
    except ValidationError as error:
        raise Refused(first_error(error)) from error
    before = _role_values(user)
    formatted = None if user.name is None else user.name.formatted
    shown = user.display_name
    patch.patch(user, scim_policy=POLICY)
    if user.name is not None and user.name.formatted == formatted and user.display_name == shown:
        _name_anew(user)
    return wanted(user, names_roles=_role_values(user) != before)


def _name_anew(user: User[EnterpriseUser]) -> None:
    """Where only the parts of a name were changed, the whole follows them."""
    if user.name is not None and (user.name.given_name or user.name.family_name):
        whole = " ".join(part for part in (user.name.given_name, user.name.family_name) if part)
        user.name.formatted = whole
        user.display_name = whole


def wanted(user: User[EnterpriseUser], *, names_roles: bool) -> Wanted:
    """What a User asks of a member. Raises InvalidValueException."""
    user_name = (user.user_name or "").strip()
    if not user_name or len(user_name) > 254:
        raise InvalidValueException(detail="userName is required, with at most 254 characters")
    emails = [one for one in user.emails or [] if one.value]
    first = next((one for one in emails if one.primary), emails[0] if emails else None)
    try:
        email = read_email(str(first.value) if first else user_name)
    except ValueError:
        raise InvalidValueException(
            detail="The primary e-mail address, or else userName, must be an e-mail address"
        ) from None
    name = user.name or Name()
    parts = " ".join(part for part in (name.given_name, name.family_name) if part)
    called = (user.display_name or name.formatted or parts or user_name).strip()
    if not called or len(called) > LONGEST_NAME or not called.isprintable():
        raise InvalidValueException(detail=f"A name has 1 to {LONGEST_NAME} printable characters")
    if any(len(part or "") > LONGEST_NAME for part in (name.given_name, name.family_name)):
        raise InvalidValueException(detail=f"A part of a name has at most {LONGEST_NAME} characters")
    if len(user.external_id or "") > LONGEST_EXTERNAL_ID:
        raise InvalidValueException(detail=f"externalId has at most {LONGEST_EXTERNAL_ID} characters")
    return Wanted(
        user_name=user_name,
        email=email,
        name=called,
        given_name=name.given_name or None,
        family_name=name.family_name or None,
        external_id=user.external_id or None,
        active=user.active is not False,
        roles=_role_values(user) if names_roles else None,
    )


def _role_values(user: User[EnterpriseUser]) -> list[str]:
    return [str(role.value) for role in user.roles or [] if role.value]


def _validated(body: dict[str, Any], context: Context) -> User[EnterpriseUser]:
    try:
        return DirectoryUser.model_validate(body, scim_ctx=context, scim_policy=POLICY)
    except ValidationError as error:
        raise Refused(first_error(error)) from error


def first_error(error: ValidationError) -> Error:
    """The first thing wrong, as SCIM says it."""
    return Error.from_validation_error(cast("Mapping[str, Any]", error.errors()[0]))


def _named(body: dict[str, Any], attribute: str) -> bool:
    return any(key.lower() == attribute for key in body)


def _paths_apart(body: dict[str, Any]) -> dict[str, Any]:
    """The operations with what Entra ID writes as a key, such as `emails[type eq "work"].value`, as a path."""
    key = next((name for name in body if name.lower() == "operations"), None)
    operations: Any = body.get(key) if key else None
    if not isinstance(operations, list):
        return body
    found: list[Any] = []
    for one in cast("Sequence[object]", operations):
        operation = cast("dict[str, Any]", one) if isinstance(one, dict) else None
        value: Any = operation.get("value") if operation else None
        if operation is None or "path" in operation or not isinstance(value, dict):
            found.append(one)
            continue
        given = cast("dict[str, Any]", value)
        apart = {name: one for name, one in given.items() if "[" in name}
        rest = {name: one for name, one in given.items() if "[" not in name}
        if rest or not apart:
            found.append({**operation, "value": rest})
        found += [{**operation, "path": name, "value": one} for name, one in apart.items()]
    return {**body, str(key): found}


def identifier(text: str) -> UUID | None:
    """The id in an address; None where it is none of ours."""
    try:
        return UUID(text)
    except ValueError:
        return None
