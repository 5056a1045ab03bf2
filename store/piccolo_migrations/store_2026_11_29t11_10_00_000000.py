"""What the database refuses since there are persons; an order's name and address go with the account behind it."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-29T11:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guards of persons"

GUARDS = Path(__file__).parent / "guards"
FILES = ("15_accounts.sql", "56_erased_orders.sql")


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        for name in FILES:
            await engine_finder().run_script((GUARDS / name).read_text("utf-8"))

    manager.add_raw(add_guards)
    return manager
