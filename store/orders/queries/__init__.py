"""What pages read of orders: the order page and its poll (`page`), messages to sellers (`messages`), and `account`."""

from store.orders.queries.account import OwnOrder, OwnOrders, export_orders, list_orders, list_unfinished
from store.orders.queries.messages import AskPage, OpenMessage, read_ask_page, read_open_messages
from store.orders.queries.page import (
    OrderLineView,
    OrderPage,
    StatusView,
    TimelineEntry,
    VendorPart,
    read_order_page,
    read_status,
    status_view,
)

__all__ = [
    "AskPage",
    "OpenMessage",
    "OrderLineView",
    "OrderPage",
    "OwnOrder",
    "OwnOrders",
    "StatusView",
    "TimelineEntry",
    "VendorPart",
    "export_orders",
    "list_orders",
    "list_unfinished",
    "read_ask_page",
    "read_open_messages",
    "read_order_page",
    "read_status",
    "status_view",
]
