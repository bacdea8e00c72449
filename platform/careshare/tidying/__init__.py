"""What signing in and one-time links leave behind is deleted each night; periods.csv says how long each is kept."""

from careshare.tidying.periods import Period, period, periods

__all__ = ["JOBS", "Period", "period", "periods"]

JOBS = ("careshare.tidying.jobs",)
