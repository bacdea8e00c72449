"""Enquiries: homes asked for the children of a request, their answers, holds and the thread both sides see."""

from services.placements.enquiries.api import router as api
from services.placements.enquiries.permissions import PERMISSIONS

__all__ = ["PERMISSIONS", "api"]
