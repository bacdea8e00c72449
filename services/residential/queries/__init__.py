"""Reads of one's own homes and of Ofsted's list."""

from services.residential.queries.home import home, open_address
from services.residential.queries.homes import Filters, homes, totals

__all__ = ["Filters", "home", "homes", "open_address", "totals"]
