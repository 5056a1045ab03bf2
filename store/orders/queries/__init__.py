"""What pages read of orders: the order page and the one small row its poll reads (`page`)."""

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
    "OrderLineView",
    "OrderPage",
    "StatusView",
    "TimelineEntry",
    "VendorPart",
    "read_order_page",
    "read_status",
    "status_view",
]
