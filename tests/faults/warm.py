"""Imported once, by the server that forks `child.py`'s processes: the shop's routes are there when they begin."""

from __future__ import annotations

from pathlib import Path

from store.gateways.build import build_gateways
from tests.faults import child
from tests.ready import make_shop
from tests.world import make_paypal, make_settings

__all__ = ["child"]

asked = make_settings(Path(), paypal=make_paypal(Path(), "overprint", ""))
make_shop(asked, build_gateways(asked))
