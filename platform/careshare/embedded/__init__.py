"""PostgreSQL and Redis from wheels, for the demo, the tests and the benchmarks. Production needs nothing of this."""

from careshare.embedded.postgres import PostgresServer
from careshare.embedded.process import EmbeddedError
from careshare.embedded.redis import RedisServer

__all__ = ["EmbeddedError", "PostgresServer", "RedisServer"]
