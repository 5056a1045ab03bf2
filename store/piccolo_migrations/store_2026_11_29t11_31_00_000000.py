"""What the database refuses since shares are passed on: transfers beyond a share, reversals beyond a transfer."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-29T11:31:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guards of transfers"

GUARDS = Path(__file__).parent / "guards"
MACHINES = ("transfer", "transfer_reversal")
MOVES = (
    ("intended", "waiting"),
    ("intended", "done"),
    ("intended", "canceled"),
    ("waiting", "intended"),
    ("waiting", "done"),
    ("waiting", "canceled"),
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        engine = engine_finder()
        await engine.run_script((GUARDS / "75_payouts.sql").read_text("utf-8"))
        rows = [f"('{machine}', '{source}', '{target}')" for machine in MACHINES for source, target in MOVES]
        await engine.run_script(f"INSERT INTO allowed_move (machine, from_state, to_state) VALUES {', '.join(rows)}")

    manager.add_raw(add_guards)
    return manager
