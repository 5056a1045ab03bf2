"""What the database itself refuses: triggers, partial indexes, generated columns, and the allowed moves."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-25T09:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guards"

GUARDS = Path(__file__).parent / "guards"
FILES = (
    "10_kit.sql",
    "20_ledger.sql",
    "30_catalogue.sql",
    "50_orders.sql",
    "60_payments.sql",
    "70_refunds.sql",
    "80_queues.sql",
)
MOVES = {
    "order": "awaiting_payment>processing,failed,paid,expired,canceled,needs_review"
    " processing>failed,paid,needs_review failed>awaiting_payment,paid,expired,canceled,needs_review"
    " expired>paid,needs_review canceled>paid,needs_review needs_review>paid,expired,canceled",
    "payment": "created>pending,processing,succeeded,failed,expired,abandoned,needs_review"
    " pending>processing,succeeded,failed,expired,needs_review processing>succeeded,failed,needs_review"
    " needs_review>succeeded,failed,expired failed>succeeded,needs_review expired>succeeded,needs_review"
    " abandoned>succeeded,needs_review",
    "refund": "requested>pending,succeeded,failed,canceled pending>succeeded,failed,canceled succeeded>failed",
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        engine = engine_finder()
        for name in FILES:
            await engine.run_script((GUARDS / name).read_text("utf-8"))
        rows = [
            f"('{machine}', '{line.split('>')[0]}', '{target}')"
            for machine, moves in MOVES.items()
            for line in moves.split()
            for target in line.split(">")[1].split(",")
        ]
        await engine.run_script(f"INSERT INTO allowed_move (machine, from_state, to_state) VALUES {', '.join(rows)}")

    manager.add_raw(add_guards)
    return manager
