"""The vendor's pages over HTTP. Every one asks for a seat first, and every query and write carries its vendor's id."""

from store.dashboard.controllers.connect import come_back, refresh, start
from store.dashboard.controllers.onboarding import open_a_shop, show_onboarding, show_sell, show_tasks

route_handlers = [
    show_sell,
    show_onboarding,
    open_a_shop,
    show_tasks,
    start,
    come_back,
    refresh,
]
