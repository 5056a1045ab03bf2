"""What a destination gave back for a refund that failed may be sent to it again; what was sent is looked at again."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-29T18:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guard of restored shares"

GUARDS = Path(__file__).parent / "guards"
FILES = ("76_restored_shares.sql",)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        engine = engine_finder()
        for name in FILES:
            await engine.run_script((GUARDS / name).read_text("utf-8"))
        await engine.run_script("UPDATE transfer SET look_at = now() WHERE state = 'done'")

    manager.add_raw(add_guards)
    return manager
