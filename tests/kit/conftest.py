"""A table of its own for the kit: one state column under guard, a counter, and the columns of a queue."""

from collections.abc import AsyncIterator

import pytest
from piccolo.columns import Integer, Text
from piccolo.table import Table

from store.kit.db import engine, fetch
from store.kit.lifecycle import Lifecycle

LAMP = Lifecycle("lamp", {"off": frozenset({"on", "broken"}), "on": frozenset({"off"}), "broken": frozenset()})


class Lamp(Table, tablename="lamp"):
    """Something with a state."""

    id = Integer(primary_key=True)
    state = Text()
    watts = Integer(default=0)
    version = Integer(default=1)


@pytest.fixture
async def lamps(db: str) -> AsyncIterator[None]:
    """A table `lamp` with lamp 1 off, its moves listed and guarded; gone afterwards."""
    await engine().run_script("""
        CREATE TABLE lamp (id integer PRIMARY KEY, state text NOT NULL, watts integer NOT NULL DEFAULT 0,
                           version integer NOT NULL DEFAULT 1);
        CREATE TRIGGER guard_moves AFTER UPDATE OF state ON lamp FOR EACH ROW
          WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION guard_moves('lamp', 'state');
        INSERT INTO lamp (id, state) VALUES (1, 'off');
    """)
    for source, target in LAMP.pairs():
        await fetch("INSERT INTO allowed_move (machine, from_state, to_state) VALUES ('lamp', $1, $2)", source, target)
    yield
    await engine().run_script("DROP TABLE lamp; DELETE FROM allowed_move WHERE machine = 'lamp'")


@pytest.fixture
async def chores(db: str) -> AsyncIterator[str]:
    """An empty table `chore` with the columns of a queue; gone afterwards."""
    await engine().run_script("""
        CREATE TABLE chore (id serial PRIMARY KEY, state text NOT NULL DEFAULT 'waiting',
                            attempt integer NOT NULL DEFAULT 0, run_at timestamptz NOT NULL DEFAULT now(),
                            lease_until timestamptz, last_error text NOT NULL DEFAULT '', done_at timestamptz)
    """)
    yield "chore"
    await engine().run_script("DROP TABLE chore")
