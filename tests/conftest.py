"""Fixtures of every test. The servers are real, the migrations are the real ones, nothing beyond this machine is reached."""

from tests.fixtures import network

pytest_plugins = ["tests.fixtures.servers", "tests.fixtures.browser"]

network.refuse()
