"""A payout that the provider shows under our id is followed from any state."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-30T04:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Payouts found at the provider"

GUARDS = Path(__file__).parent / "guards"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        await engine_finder().run_script((GUARDS / "87_found_payouts.sql").read_text("utf-8"))

    manager.add_raw(add_guards)
    return manager
