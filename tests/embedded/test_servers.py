"""The embedded servers start, keep their data, survive a crash and a stale pid file, and refuse a second owner."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis

from careshare.embedded import EmbeddedError, PostgresServer, RedisServer
from careshare.embedded.postgres import _as_ordinary_user


@pytest.fixture
def postgres(tmp_path: Path) -> PostgresServer:
    return PostgresServer(tmp_path / "postgres")


@pytest.fixture
def redis(tmp_path: Path) -> RedisServer:
    return RedisServer(tmp_path / "redis")


async def fetch(server: PostgresServer, sql: str, database: str = "postgres") -> object:
    connection = await asyncpg.connect(server.url(database))
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_postgres_is_version_18_and_keeps_its_data(postgres: PostgresServer) -> None:
    with postgres:
        assert str(await fetch(postgres, "show server_version")).startswith("18.")
        postgres.create_database("careshare")
        postgres.create_database("careshare")
        await fetch(postgres, "create table kept as select 42 as answer", "careshare")
    with postgres:
        assert await fetch(postgres, "select answer from kept", "careshare") == 42


async def test_postgres_listens_on_no_network_port(postgres: PostgresServer) -> None:
    with postgres:
        assert await fetch(postgres, "show listen_addresses") == ""


async def test_postgres_comes_back_at_the_same_address_after_a_crash(postgres: PostgresServer) -> None:
    with postgres:
        before = postgres.url()
        await fetch(postgres, "create table kept as select 42 as answer")
        postgres.restart(crash=True)
        assert postgres.url() == before
        assert await fetch(postgres, "select answer from kept") == 42


async def test_postgres_starts_beside_a_stale_pid_file(postgres: PostgresServer, tmp_path: Path) -> None:
    with postgres:
        pass
    pid_file = tmp_path / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n0\n5432\n\n\n\nready\n")
    with postgres:
        assert await fetch(postgres, "select 1") == 1


ABANDON = """
import os, sys, threading
from pathlib import Path
from careshare.embedded import PostgresServer

def run():
    server = PostgresServer(Path(sys.argv[1]))
    server.start()
    print(server.pid, flush=True)
    os._exit(1)

thread = threading.Thread(target=run)
thread.start()
thread.join()
"""


async def test_postgres_stops_what_a_killed_process_left_running(postgres: PostgresServer, tmp_path: Path) -> None:
    killed = await asyncio.create_subprocess_exec(
        *[sys.executable, "-c", ABANDON, str(tmp_path / "postgres")], stdout=subprocess.PIPE
    )
    left_over = int((await killed.communicate())[0])
    assert psutil.pid_exists(left_over)
    with postgres:
        assert postgres.pid != left_over
        assert not psutil.pid_exists(left_over)
        assert await fetch(postgres, "select 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_runs_postgres_as_somebody_else_who_can_enter_its_checkout(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir(mode=0o700)
    (checkout / "program").touch(mode=0o700)
    data = tmp_path / "data"
    data.mkdir()
    PostgresServer._give(data)
    ask = "import os, sys; print(os.geteuid() != 0, os.access(sys.argv[1], os.X_OK))"
    said = subprocess.run(
        [*_as_ordinary_user(data), sys.executable, "-c", ask, str(checkout / "program")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["True", "True"]


def test_two_processes_do_not_share_a_directory(postgres: PostgresServer, tmp_path: Path) -> None:
    with postgres, pytest.raises(EmbeddedError, match="already running"):
        PostgresServer(tmp_path / "postgres").start()


def test_servers_run_side_by_side(tmp_path: Path) -> None:
    with PostgresServer(tmp_path / "one") as one, PostgresServer(tmp_path / "two") as two:
        assert one.url() != two.url()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="no_such_setting"):
        PostgresServer(tmp_path / "postgres", {"no_such_setting": "1"}).start()
    with PostgresServer(tmp_path / "postgres"):
        pass


def test_nothing_is_left_running_or_lying_about(postgres: PostgresServer, redis: RedisServer) -> None:
    with postgres, redis:
        processes = [postgres._process, redis._process]
        sockets = [postgres._sockets, redis._sockets]
    assert all(isinstance(process, subprocess.Popen) and process.returncode == 0 for process in processes)
    assert not any(directory is None or directory.exists() for directory in sockets)


async def test_redis_keeps_its_data_and_can_be_killed_and_revived(redis: RedisServer) -> None:
    async def kept() -> object:
        async with Redis.from_url(redis.url) as client:
            return await client.get("kept")

    with redis:
        async with Redis.from_url(redis.url) as client:
            await client.set("kept", "yes")
    with redis:
        assert await kept() == b"yes"
        redis.kill()
        redis.revive()
        assert await kept() == b"yes"
        redis.kill()
        redis.revive(empty=True)
        assert await kept() is None
