"""ONE Piccolo app over all slices: one linear history of migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

HERE = Path(__file__).parent
SLICES = (
    *("kit", "operations", "mail", "ledger", "accounts", "vendors"),
    *("catalogue", "promotions", "cart", "orders", "payouts", "payments", "refunds", "disputes", "webhooks"),
)

APP_CONFIG = AppConfig(
    app_name="store",
    migrations_folder_path=str(HERE / "piccolo_migrations"),
    table_classes=table_finder(
        modules=[f"store.{name}.tables" for name in SLICES if (HERE / name / "tables.py").exists()],
        exclude_imported=True,
    ),
)
