"""Writing an account down: judged anew, kept, and told to whom it concerns.

Every change of an account goes through `settle`, so that no change is without its events. A new account is silent: the
platform has just made it. Invariant: `account.updated` names exactly what changed, hash by hash, the bank accounts too
(docs.stripe.com/connect/webhooks).
"""

from store.sandbox.kernel.errors import ApiError
from store.sandbox.kernel.world import Document, World, public
from store.sandbox.stripe.connect.people import PERSON, find_representative
from store.sandbox.stripe.connect.standing import CAPABILITIES, describe_capability, judge

KIND = "account"


def settle(world: World, account: Document, person: Document | None = None) -> Document:
    """Judge the account as it is now, keep it with its representative (found if not given) and emit what changed."""
    owner, id = world.platform, account["id"]
    old = world.get(owner, KIND, id) if world.has(owner, KIND, id) else None
    person = person or find_representative(world, account)
    with world.tx():
        judge(account, person, world.clock.now())
        if person:
            _keep_person(world, account, person, silent=old is None)
        account["individual"] = public(person) if person and _is_shown(account) else None
        world.put(owner, KIND, account)
        if old is not None:
            _tell(world, old, account)
    return account


def find_account(world: World, id: str, param: str = "account") -> Document:
    """Return a connected account; 404 when there is none, 403 when the platform has no access to it any more."""
    account = world.get(world.platform, KIND, id, param=param, deleted=True)
    if not is_connected(account):
        raise no_access(id)
    return account


def connected(world: World, id: str) -> Document | None:
    """Return the connected account of this id, or None when the platform has no access to such a one."""
    if id == world.platform or not world.has(world.platform, KIND, id):
        return None
    account = world.get(world.platform, KIND, id, deleted=True)
    return account if is_connected(account) else None


def is_connected(account: Document) -> bool:
    """Tell whether the platform may act on the account: neither deleted nor deauthorised."""
    return not (account.get("_deleted") or account.get("_left"))


def no_access(account: str, key: str = "The provided key") -> ApiError:
    """Return the refusal for an account that is none of the platform's."""
    return ApiError(
        403,
        f"{key} does not have access to account '{account}' (or that account does not exist). Application access may "
        "have been revoked.",
        code="account_invalid",
    )


def changes(old: Document, new: Document) -> Document:
    """Return the old values of what differs, hash by hash, as `previous_attributes` holds them."""
    found: Document = {}
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        both = isinstance(before, dict) and isinstance(after, dict)
        found[name] = changes(before, after) if both else before  # type: ignore[arg-type]
    return found


def _is_shown(account: Document) -> bool:
    """Whether the account shows its individual: not once the provider's own pages ask, unless the platform collects."""
    if account["business_type"] != "individual":
        return False
    collects = account["controller"].get("requirement_collection") == "application"
    return collects or not account.get("_linked")


def _keep_person(world: World, account: Document, person: Document, *, silent: bool) -> None:
    id = person["id"]
    old = world.get(account["id"], PERSON, id) if world.has(account["id"], PERSON, id) else None
    world.put(account["id"], PERSON, person)
    if silent:
        return
    if old is None:
        world.emit(account["id"], "person.created", person)
    elif changed := changes(public(old), public(person)):
        world.emit(account["id"], "person.updated", person, changed)


def _tell(world: World, old: Document, account: Document) -> None:
    before, after = ({one["id"]: one for one in doc["external_accounts"]["data"]} for doc in (old, account))
    for id, bank in {**before, **after}.items():
        if id not in after:
            world.emit(account["id"], "account.external_account.deleted", bank)
        elif id not in before:
            world.emit(account["id"], "account.external_account.created", bank)
        elif differs := changes(public(before[id]), public(bank)):
            world.emit(account["id"], "account.external_account.updated", bank, differs)
    if changed := changes(public(old), public(account)):
        world.emit(account["id"], "account.updated", account, changed)
    for name in CAPABILITIES:
        capability = describe_capability(account, name)
        if differs := changes(describe_capability(old, name), capability):
            world.emit(account["id"], "capability.updated", capability, differs)
