"""To whom a shop was paid is forgotten when nobody is left in it."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-29T22:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guard of erased receivers"

GUARDS = Path(__file__).parent / "guards"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        await engine_finder().run_script((GUARDS / "83_erased_receivers.sql").read_text("utf-8"))

    manager.add_raw(add_guards)
    return manager
