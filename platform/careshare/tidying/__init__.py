"""What signing in, one-time links and notifications leave behind is deleted each night, by the times of periods.csv."""

from careshare.tidying.periods import Period, period, periods

__all__ = ["JOBS", "Period", "period", "periods"]

JOBS = ("careshare.tidying.jobs",)
