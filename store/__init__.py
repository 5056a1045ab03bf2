"""Overprint, a demo marketplace: `ls store/` names the shop; technique hides in `kit/`, providers in `gateways/`."""

import os

os.environ.setdefault("PICCOLO_CONF", "store.piccolo_conf")
