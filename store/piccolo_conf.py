"""Where Piccolo finds the database: `DATABASE_URL` of the environment, read once."""

import os

from piccolo.conf.apps import AppRegistry

from store.kit.db import SafeEngine

DB = SafeEngine(config={"dsn": os.environ.get("DATABASE_URL", "")})
APP_REGISTRY = AppRegistry(apps=["store.piccolo_app"])
