"""What any object looks like in a list, and its JSON with the ids in it as links."""

from __future__ import annotations

import re

from store.sandbox.console.frame import Data
from store.sandbox.kernel import browse
from store.sandbox.kernel.world import World

ID = re.compile(r'"([A-Za-z]{1,14}_[A-Za-z0-9_]{4,})"')


def describe_document(account: str, kind: str, document: Data) -> Data:
    """What a list shows of any document; `state`, `amount` and `currency` are None where it has none."""
    amount = next((document[name] for name in ("amount_total", "amount") if document.get(name) is not None), None)
    return {
        "id": document["id"],
        "kind": kind,
        "account": account,
        "created": document.get("created"),
        "state": document.get("type") if kind == "event" else document.get("status"),
        "amount": amount if document.get("currency") else None,
        "currency": document.get("currency"),
    }


def link_ids(world: World, text: str, own: str = "") -> list[tuple[str, bool]]:
    """Cut a JSON text into pieces (text, is the id of an object here), in order, losing nothing."""
    known = browse.known_ids(world, set(ID.findall(text))) - {own}
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in ID.finditer(text):
        if match[1] in known:
            pieces += [(text[end : match.start(1)], False), (match[1], True)]
            end = match.end(1)
    return [piece for piece in [*pieces, (text[end:], False)] if piece[0]]


def hide_secret(document: Data) -> Data:
    """Return an endpoint without its signing secret, anything else as it is."""
    return document if document.get("object") != "webhook_endpoint" else document | {"secret": "whsec_****"}
