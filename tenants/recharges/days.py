"""The day in London, where months and due dates are counted."""

from datetime import date, datetime

from careshare.web.filters import LONDON


def today() -> date:
    """Today in London."""
    return datetime.now(LONDON).date()
