"""Fixtures of every test: real servers, real migrations, and nothing beyond this machine is reached."""

from tests.fixtures import network

pytest_plugins = ["tests.fixtures.servers", "tests.fixtures.gazetteer", "tests.fixtures.browser", "tests.fixtures.world"]

network.refuse()
