"""Placements made: plan, notices, start, changes and end of one child's placement in one home."""

from services.placements.placed.api import router as api
from services.placements.placed.permissions import PERMISSIONS

__all__ = ["PERMISSIONS", "api"]
