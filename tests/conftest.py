"""Fixtures of every test: real servers, real migrations, and nothing beyond this machine is reached."""

from tests.fixtures import network

pytest_plugins = [f"tests.fixtures.{name}" for name in ("servers", "gazetteer", "browser", "world")]

network.refuse()
