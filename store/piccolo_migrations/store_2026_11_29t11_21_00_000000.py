"""Who has no account has not started; accounts of before are written down as opened; the moves are guarded."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.constraints import Check
from piccolo.engine.finder import engine_finder

ID = "2026-11-29T11:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guards of vendors"

GUARDS = Path(__file__).parent / "guards"
MOVES = {
    "not_started": "onboarding",
    "onboarding": "under_review,active,restricted,rejected,disconnected",
    "under_review": "active,restricted,rejected,disconnected",
    "active": "under_review,restricted,rejected,disconnected",
    "restricted": "under_review,active,rejected,disconnected",
    "rejected": "under_review,active,restricted,disconnected",
    "disconnected": "onboarding",
}
KEEP = """
UPDATE vendor SET state = 'not_started' WHERE account_ref IS NULL;
UPDATE vendor SET charges_enabled = true, payouts_enabled = true, details_submitted = true, card_payments = 'active',
  transfers = 'active' WHERE state = 'active';
UPDATE vendor SET check_at = created_at WHERE account_ref IS NOT NULL;
INSERT INTO connected_account (id, vendor, request, account_ref, created_at)
  SELECT gen_random_uuid(), id, '', account_ref, created_at FROM vendor WHERE account_ref IS NOT NULL;
"""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        engine = engine_finder()
        await engine.run_script(KEEP)
        rows = [f"('vendor', '{one}', '{to}')" for one, targets in MOVES.items() for to in targets.split(",")]
        await engine.run_script(f"INSERT INTO allowed_move (machine, from_state, to_state) VALUES {', '.join(rows)}")
        await engine.run_script((GUARDS / "25_vendors.sql").read_text("utf-8"))

    manager.add_raw(add_guards)
    manager.add_constraint(
        table_class_name="Vendor",
        tablename="vendor",
        constraint_name="vendor_has_account",
        constraint_class=Check,
        params={"condition": "state = 'not_started' OR account_ref IS NOT NULL"},
        schema=None,
    )

    return manager
