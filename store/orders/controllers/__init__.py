"""Orders over HTTP, by page; the token in the path is the key to each, an account to its list."""

from store.orders.controllers.account import delete, export, show_delete, show_orders
from store.orders.controllers.ask import MESSAGES, ask, show_ask
from store.orders.controllers.page import PAGES_PER_MINUTE, show_order, show_status

__all__ = ["MESSAGES", "PAGES_PER_MINUTE", "route_handlers"]

route_handlers = [show_order, show_status, show_ask, ask, show_orders, export, show_delete, delete]
