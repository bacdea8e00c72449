"""Matches: every consent that the law asks for, who must give it, by when, and what it still waits for."""

from services.placements.matches.api import router as api
from services.placements.matches.permissions import PERMISSIONS

__all__ = ["PERMISSIONS", "api"]
