"""Bringing an authority on, by the regional administrator, in one guided flow."""

from typing import Final

from careshare.service import NavigationItem
from tenants.onboarding.pages import router

PERMISSIONS: Final = {"authority:onboard": ("regional_administrator",)}
NAVIGATION: Final = (
    NavigationItem(
        "Authorities",
        "/administration/authorities",
        "authority:onboard",
        "The authorities of your region, and bringing another one on.",
    ),
)
pages: Final = (router,)

__all__ = ["NAVIGATION", "PERMISSIONS", "pages"]
