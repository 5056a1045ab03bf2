"""A dispute whose end was appealed is open again."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-30T04:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Appealed disputes"

GUARDS = Path(__file__).parent / "guards"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        await engine_finder().run_script((GUARDS / "86_appealed_disputes.sql").read_text("utf-8"))

    manager.add_raw(add_guards)
    return manager
