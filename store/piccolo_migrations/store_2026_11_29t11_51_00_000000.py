"""What the database refuses since attempts know who settles them."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-29T11:51:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guard of the settlement merchant"

GUARDS = Path(__file__).parent / "guards"
FILES = ("66_settled_payments.sql",)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        engine = engine_finder()
        for name in FILES:
            await engine.run_script((GUARDS / name).read_text("utf-8"))

    manager.add_raw(add_guards)
    return manager
