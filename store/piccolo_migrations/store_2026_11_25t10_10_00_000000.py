"""What the database refuses since there are promotions; attempts from before have no coupon, so all was due."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-25T10:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guards of promotions"

GUARDS = Path(__file__).parent / "guards"
FILES = ("55_promotions.sql", "65_discounted_payments.sql")


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        engine = engine_finder()
        await engine.run_script("UPDATE payment SET subtotal = amount")
        for name in FILES:
            await engine.run_script((GUARDS / name).read_text("utf-8"))

    manager.add_raw(add_guards)
    return manager
