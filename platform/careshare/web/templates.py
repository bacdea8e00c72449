"""The Jinja environment: autoescaped, strict about names, compiled once and kept."""

from collections.abc import Callable, Iterable, MutableMapping
from typing import Any, Final

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined, Template

from careshare.web.filters import FILTERS
from careshare.web.tables import under_headings

SERVICE_NAME: Final = "Careshare"

_GOVUK: Final = "govuk_frontend_jinja"


class _GovukLoader(BaseLoader):
    """GOV.UK's own templates, which read options nobody gave as empty; ours are refused when they do."""

    def __init__(self) -> None:
        self._lenient = Environment(
            loader=_govuk_templates(),
            autoescape=True,
            auto_reload=False,
            cache_size=-1,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def load(
        self,
        environment: Environment,  # noqa: ARG002  # theirs are compiled for their own, lenient environment
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002  # Jinja's name for it
    ) -> Template:
        return self._lenient.get_template(name, globals=globals)


def _govuk_templates() -> BaseLoader:
    return PrefixLoader({_GOVUK: PackageLoader(_GOVUK)})


def govuk_page_source() -> str:
    """The source of the page that every page of ours extends."""
    environment = Environment(loader=_govuk_templates(), autoescape=True)
    return _govuk_templates().get_source(environment, f"{_GOVUK}/template.html")[0]


def build_environment(
    packages: Iterable[str] = (), *, reload: bool = False, **names_for_all: Callable[..., str]
) -> Environment:
    """Templates of the kernel (`careshare/…`), of GOV.UK Frontend and of each service's `templates` folder.

    A service keeps its pages below its own name: `services/fostering/templates/fostering/list.html` is
    "fostering/list.html". Every template has the components as `ui` and the form fields as `field`. `names_for_all`
    are functions every template may call. `reload` reads changed templates again, for whoever is writing them.
    """
    loaders = [PackageLoader("careshare.web"), *(PackageLoader(package) for package in packages), _GovukLoader()]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=reload,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    untyped: Any = environment  # Jinja publishes no types for what filters and globals hold.
    untyped.filters.update(FILTERS, under_headings=under_headings)
    untyped.globals.update(names_for_all, service_name=SERVICE_NAME)
    untyped.globals["ui"] = environment.get_template("careshare/components.html").module
    untyped.globals["field"] = environment.get_template("careshare/fields.html").module
    return environment
