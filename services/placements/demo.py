"""The demo's part of the placements: requests first, then whom they asked and what was answered."""

from careshare.service import Progress
from careshare.settings import Settings
from services.placements import enquiries, requests


async def load_demo(settings: Settings, progress: Progress) -> None:
    """Load each part that is not there yet, one after the other."""
    parts = (requests.load_demo, enquiries.load_demo)
    for number, part in enumerate(parts):

        def within(what: str, share: float | None = None, number: int = number) -> None:
            progress(what, None if share is None else (number + share) / len(parts))

        await part(settings, within)
