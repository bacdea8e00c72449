"""Placement requests."""
