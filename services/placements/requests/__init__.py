"""Placement requests: the need, how complete it is, what others see of it, and what became of it."""

from services.placements.requests.api import router as api
from services.placements.requests.permissions import PERMISSIONS

__all__ = ["PERMISSIONS", "api"]
