"""Who a frozen row speaks of may be erased, whole and once nobody needs it; answered requests are erased at once."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-29T18:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guards of what is erased"

GUARDS = Path(__file__).parent / "guards"
ANSWERED = "UPDATE connected_account SET request = '' WHERE account_ref IS NOT NULL OR closed_at IS NOT NULL"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        engine = engine_finder()
        await engine.run_script((GUARDS / "67_erased_persons.sql").read_text("utf-8"))
        await engine.run_script(ANSWERED)

    manager.add_raw(add_guards)
    return manager
