"""Placements with agencies and homes that are not on Careshare: the placing authority's own record of them."""
