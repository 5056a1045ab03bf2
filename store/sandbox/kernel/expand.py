"""`expand[]`: put the object in the place of its id, up to four levels deep
(docs.stripe.com/api/expanding_objects).

Invariant: only fields that the provider declares expandable are followed, and a reference leads to the object
even when it lives in another account's world (an application fee names the connected account's charge).
"""

from collections.abc import Callable
from typing import Any

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.spec import expandable_fields, object_fields
from store.sandbox.kernel.world import Document, World, public

MAX_LEVELS = 4

# (kind, field) → how to make a field that is left out unless it is asked for.
Include = Callable[[World, str, Document], Any]


def expand(
    world: World,
    account: str,
    obj: Document,
    paths: list[str],
    includes: dict[tuple[str, str], Include],
) -> Document:
    """Return the object with every path expanded in place; raise a 400 that names a path that cannot be."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > MAX_LEVELS:  # a list's `data` counts as one (stripe/stripe-java#2011)
            raise refuse(
                f"You cannot expand more than {MAX_LEVELS} levels of a property. Property: {path}",
                param="expand",
            )
        _Expansion(world, path, includes).walk(account, obj, steps, obj, "")
    return obj


class _Expansion:
    def __init__(self, world: World, path: str, includes: dict[tuple[str, str], Include]) -> None:
        self.world = world
        self.path = path
        self.includes = includes

    def walk(self, account: str, owner: Document, steps: list[str], node: Document, prefix: str) -> None:
        """Follow `steps` from `node`, a hash inside `owner` at the dotted `prefix`."""
        name, rest = steps[0], steps[1:]
        if owner.get("object") in ("list", "search_result") and name == "data":
            for item in owner["data"]:
                if rest:
                    self.walk(account, item, rest, item, "")
            return
        dotted = prefix + name
        kind = str(owner.get("object"))
        if (kind, dotted) in self.includes and not isinstance(node.get(name), dict):
            node[name] = public(self.includes[kind, dotted](self.world, account, owner))
        elif dotted in expandable_fields(kind):
            account = self._fetch(account, node, name)
        elif not isinstance(node.get(name), dict) and not self._is_hash_of_references(kind, dotted):
            raise refuse(f"This property cannot be expanded ({self.path}).", param="expand")
        self._go_on(account, owner, rest, node.get(name), dotted)

    def _go_on(self, account: str, owner: Document, rest: list[str], value: Any, dotted: str) -> None:
        if not rest or not isinstance(value, dict):
            return
        if "object" in value:
            self.walk(account, value, rest, value, "")
        else:
            self.walk(account, owner, rest, value, dotted + ".")

    def _fetch(self, account: str, node: Document, name: str) -> str:
        if isinstance(node.get(name), str) and (found := self.world.lookup(node[name], account)):
            account, kind, document = found
            gone = {"id": document["id"], "object": kind, "deleted": True}
            node[name] = gone if document.get("_deleted") else public(document)
        return account

    def _is_hash_of_references(self, kind: str, dotted: str) -> bool:
        """A hash that is null here but would hold references (`transfer_data` of a plain charge)."""
        return dotted in object_fields(kind) and any(path.startswith(dotted + ".") for path in expandable_fields(kind))
