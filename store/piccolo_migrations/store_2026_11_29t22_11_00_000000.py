"""What the database refuses of payouts to addresses: moves that do not exist, and more than a vendor's share."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-29T22:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guards of payouts to addresses"

GUARDS = Path(__file__).parent / "guards"
MOVES = {
    "planned": ("intended", "waiting", "canceled", "netted"),
    "intended": ("waiting", "sent", "unclaimed", "held", "paid", "returned", "failed"),
    "waiting": ("intended", "canceled", "netted"),
    "sent": ("unclaimed", "held", "paid", "returned", "failed"),
    "unclaimed": ("held", "paid", "returned"),
    "held": ("sent", "unclaimed", "paid", "returned", "failed"),
    "paid": ("held", "returned"),
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        engine = engine_finder()
        await engine.run_script((GUARDS / "82_address_payouts.sql").read_text("utf-8"))
        rows = [f"('payout', '{source}', '{target}')" for source, targets in MOVES.items() for target in targets]
        await engine.run_script(f"INSERT INTO allowed_move (machine, from_state, to_state) VALUES {', '.join(rows)}")

    manager.add_raw(add_guards)
    return manager
