"""`careshare openapi`: the API's description as OpenAPI 3.1, to generate clients from."""

import json
from datetime import time
from pathlib import Path
from typing import Any

import click
import msgspec
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from careshare.settings import Settings


class TimesOfDay(OpenAPISchemaPlugin):
    """A time of day is described as what answers hold, "08:00:00"; the framework calls it a duration."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether the field is a time of day."""
        return field_definition.annotation is time

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """A string of hours, minutes and perhaps seconds."""
        del field_definition, schema_creator
        return Schema(type=OpenAPIType.STRING, pattern=r"^\d\d:\d\d(:\d\d(\.\d+)?)?$", examples=["08:00:00"])


def description() -> dict[str, Any]:
    """The description of the API with every installed service, as clients read it. Needs no database."""
    from careshare.app import create_app  # noqa: PLC0415  # the application imports this room

    nowhere = Settings(
        environment="test",
        var=Path(),
        secret_key="nothing is signed here" * 2,
        database_url="postgresql://nowhere/none",
    )
    schema = create_app(nowhere).openapi_schema.to_schema()
    # Defaults are values of ours, such as decimals: written here as answers write them.
    described: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(schema))
    return described


@click.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead.")
def openapi(output: Path | None) -> None:
    """Print the API's description (OpenAPI 3.1, JSON), to generate clients from.

    A running server gives the same at /api/docs/openapi.json.
    """
    content = json.dumps(description(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if output is None:
        click.echo(content, nl=False)
    else:
        output.write_text(content, encoding="utf-8")
