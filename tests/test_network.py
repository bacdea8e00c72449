"""Tests cannot reach beyond this machine."""

import asyncio
import socket

import pytest

from tests.fixtures.network import NetworkRefusedError


def test_a_connection_to_another_machine_is_refused() -> None:
    with socket.socket() as connection, pytest.raises(NetworkRefusedError):
        connection.connect(("192.0.2.1", 80))


async def test_an_asynchronous_connection_to_another_machine_is_refused() -> None:
    with pytest.raises(NetworkRefusedError):
        await asyncio.open_connection("192.0.2.1", 80)


def test_looking_up_another_machine_is_refused() -> None:
    with pytest.raises(NetworkRefusedError):
        socket.getaddrinfo("careshare.example", 443)


def test_loopback_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as connection:
        assert connection.getpeername() == server.getsockname()
