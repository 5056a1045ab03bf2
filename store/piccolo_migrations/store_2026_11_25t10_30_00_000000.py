"""The back-fill asks for the newest event of an account."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-25T10:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Index of events by account"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_index():
        await engine_finder().run_script(
            "CREATE INDEX IF NOT EXISTS inbox_event_seen ON inbox_event (account, created_at)"
        )

    manager.add_raw(add_index)
    return manager
