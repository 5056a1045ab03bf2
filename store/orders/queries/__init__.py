"""What pages read of orders: the order page and what its poll reads (`page`), and messages to sellers (`messages`)."""

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
    "StatusView",
    "TimelineEntry",
    "VendorPart",
    "read_ask_page",
    "read_open_messages",
    "read_order_page",
    "read_status",
    "status_view",
]
