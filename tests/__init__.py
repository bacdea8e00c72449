"""Tests: they mirror the rooms. `tests/journeys` walks whole stories through the running system."""
