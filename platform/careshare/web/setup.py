"""What the web room adds to the application: the template environment, the form check and the safe headers."""

from collections.abc import Sequence

from litestar.config.app import AppConfig

from careshare.service import Service
from careshare.settings import Settings
from careshare.web.assets import Assets
from careshare.web.csrf import Csrf, CsrfMiddleware
from careshare.web.headers import SecurityHeaders, content_security_policy, script_hashes
from careshare.web.pages import Web
from careshare.web.templates import build_environment, govuk_page_source


def configure_web(config: AppConfig, settings: Settings, services: Sequence[Service]) -> None:
    """Make `config` an application with pages. Raises FileNotFoundError at start if GOV.UK Frontend is missing."""
    assets = Assets(settings.assets_dir)
    csrf = Csrf(settings.secret_key, secure=settings.https)
    environment = build_environment(
        [service.templates for service in services if service.templates],
        reload=settings.environment == "demo",
        asset=assets.url,
        csrf_field=csrf.field,
    )
    navigation = [item for service in services for item in service.navigation]
    Web(environment, assets, csrf, navigation).keep_in(config.state)

    async def read_assets() -> None:
        assets.by_name  # noqa: B018  # read now, so that a missing file stops the start

    config.on_startup.append(read_assets)
    config.middleware.append(CsrfMiddleware(csrf))
    policy = content_security_policy(script_hashes(govuk_page_source()))
    config.before_send.append(SecurityHeaders(policy, https=settings.https))
