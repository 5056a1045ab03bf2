"""The verbs of the catalogue, by group: stock, products, pictures. Whose product it is stands in each statement."""

from store.catalogue.service.stock import (
    HoldReleased,
    SoldOut,
    adjust_stock,
    hold_stock,
    release_stock,
    sell_stock,
)

__all__ = ["HoldReleased", "SoldOut", "adjust_stock", "hold_stock", "release_stock", "sell_stock"]
