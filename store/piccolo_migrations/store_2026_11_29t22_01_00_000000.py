"""What the database refuses of attempts that we capture ourselves, and where they and their orders may go."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-29T22:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guards of PayPal attempts"

GUARDS = Path(__file__).parent / "guards"
MOVES = {
    "order": ("expired>awaiting_payment",),
    "payment": (
        "pending>capturing",
        "expired>capturing",
        "capturing>pending",
        "capturing>processing",
        "capturing>succeeded",
        "capturing>failed",
        "capturing>expired",
        "capturing>needs_review",
    ),
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    async def add_guards():
        engine = engine_finder()
        await engine.run_script((GUARDS / "77_captured_payments.sql").read_text("utf-8"))
        rows = [
            f"('{machine}', '{source}', '{target}')"
            for machine, moves in MOVES.items()
            for source, target in (move.split(">") for move in moves)
        ]
        await engine.run_script(f"INSERT INTO allowed_move (machine, from_state, to_state) VALUES {', '.join(rows)}")

    manager.add_raw(add_guards)
    return manager
