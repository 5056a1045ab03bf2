"""A capture knows in which balance transaction the provider kept its fee."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Text

ID = "2026-11-29T18:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Reference of what the provider kept"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="store", description=DESCRIPTION)

    manager.add_column(
        table_class_name="Capture",
        tablename="capture",
        column_name="kept_ref",
        db_column_name="kept_ref",
        column_class_name="Text",
        column_class=Text,
        params={
            "default": "",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    return manager
