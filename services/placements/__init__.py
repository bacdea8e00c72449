"""Placements: the search for a home, among one's own and everything shared."""

from careshare.service import Service

service = Service(name="placements", title="Placements")
