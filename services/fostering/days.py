"""Today and midnight: see `tenants.days`."""

from tenants.days import LONDON, midnight, today

__all__ = ["LONDON", "midnight", "today"]
