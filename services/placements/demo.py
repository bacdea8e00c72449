"""The demo's part of the placements: requests, whom they asked, what was answered, matches, placements, changes."""

from careshare.service import Progress
from careshare.settings import Settings
from services.placements import changes, enquiries, placed, requests


async def load_demo(settings: Settings, progress: Progress) -> None:
    """Load each part that is not there yet, one after the other."""
    parts = (requests.load_demo, enquiries.load_demo, placed.load_demo, changes.load_demo)
    for number, part in enumerate(parts):

        def within(what: str, share: float | None = None, number: int = number) -> None:
            progress(what, None if share is None else (number + share) / len(parts))

        await part(settings, within)
