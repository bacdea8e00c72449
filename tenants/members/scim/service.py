"""What this SCIM service says of itself: its capabilities, its one resource type, its schemas."""

from functools import lru_cache
from typing import Any

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    EnterpriseUser,
    ETag,
    Filter,
    ListResponse,
    Meta,
    Patch,
    Resource,
    ResourceType,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)

from tenants.members.scim.users import DirectoryUser

MOST_RESULTS = 200
"""Users on one page."""


@lru_cache(maxsize=8)
def provider(address: str) -> ScimProvider:
    """The service at an address, such as https://careshare.example/scim/v2."""
    config = ServiceProviderConfig(
        documentation_uri=None,
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="OAuth bearer token",
                description="The token of an API client with the scope scim:provision",
                primary=True,
            )
        ],
        meta=Meta(resource_type="ServiceProviderConfig", location=f"{address}/ServiceProviderConfig"),
    )
    kind = ResourceType.from_resource(DirectoryUser)
    kind.meta = Meta(resource_type="ResourceType", location=f"{address}/ResourceTypes/User")
    return ScimProvider(models=[User, EnterpriseUser], resource_types=[kind], config=config)


def configuration(address: str) -> dict[str, Any]:
    """The answer of /ServiceProviderConfig."""
    config = provider(address).config
    return {} if config is None else dumped(config)


def resource_types(address: str) -> list[dict[str, Any]]:
    """What /ResourceTypes lists."""
    return [dumped(one) for one in provider(address).resource_types]


def schemas(address: str) -> list[dict[str, Any]]:
    """What /Schemas lists."""
    found: list[dict[str, Any]] = []
    for one in provider(address).schemas:
        one.meta = Meta(resource_type="Schema", location=f"{address}/Schemas/{one.id}")
        found.append(dumped(one))
    return found


def dumped(resource: Resource[Any], **parameters: Any) -> dict[str, Any]:
    """A resource as it is sent."""
    return resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, **parameters)


def listed(items: list[dict[str, Any]], total: int, start: int = 1) -> dict[str, Any]:
    """A list of resources as it is sent."""
    return {
        "schemas": [str(ListResponse.__schema__)],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(items),
        "Resources": items,
    }
