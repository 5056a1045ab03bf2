"""REST apps and who is calling: client id `X` has the secret `X-secret` and the world of the keys that end in X.

Each app has one business account: its merchant id and e-mail follow from X alone. Invariant: a call is answered only
for a live token of the app or its Basic credentials; a 401 about one that was given has OAuth's body, not the API's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from store.sandbox.kernel.errors import ApiError
from store.sandbox.kernel.world import World
from store.sandbox.kernel.worlds import DEMO_TAIL, Worlds
from store.sandbox.paypal.errors import AuthError, PayPalError

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
SECRET_TAIL = "-secret"  # noqa: S105  how a secret is made from its client id, no secret
MERCHANT_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
TOKEN = re.compile(r"A21AA([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+")
TOKEN_KIND = "paypal_token"  # noqa: S105


@dataclass(frozen=True)
class App:
    """One REST app and the business account behind it, which is the payee unless an order names another."""

    world: World
    client_id: str
    merchant_id: str
    email: str

    @property
    def now(self) -> int:
        """Epoch seconds of the sandbox's clock."""
        return self.world.clock.now()


def open_app(worlds: Worlds, client_id: str) -> App:
    """Return the app of a client id, whoever asks; PayPalError when the sandbox has too many worlds."""
    try:
        world = worlds.find(client_id)
    except ApiError as error:
        raise PayPalError(503, message=str(error)) from None
    return name_app(world, client_id)


def name_app(world: World, client_id: str = DEMO_TAIL) -> App:
    """Return the app of a client id whose world is known."""
    return App(world, client_id, merchant_id(client_id), f"{client_id.lower()}-business@example.com")


def merchant_id(client_id: str) -> str:
    """Return the account id of an app: 13 characters of `[2-9A-HJ-NP-Z]` that follow from its client id."""
    number, letters = int.from_bytes(hashlib.sha256(client_id.encode()).digest(), "big"), ""
    for _ in range(13):
        number, place = divmod(number, len(MERCHANT_LETTERS))
        letters += MERCHANT_LETTERS[place]
    return letters


def find_app(worlds: Worlds, headers: Mapping[str, str]) -> App:
    """Return the app that a request's `authorization` names: Bearer token, or Basic client id and secret.

    `headers` have lower-case names. PayPalError (401) for none; AuthError (401) for a stale or revoked token and wrong
    credentials.
    """
    if not headers.get("authorization", "").strip():
        raise PayPalError(401)
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return check_basic(worlds, headers)
    match = TOKEN.fullmatch(value.strip())
    if scheme.lower() != "bearer" or match is None:
        raise AuthError("invalid_token", "Token signature verification failed")
    app = open_app(worlds, _decode_client_id(match[1]))
    if not app.world.has(app.merchant_id, TOKEN_KIND, value.strip()):
        raise AuthError("invalid_token", "Access Token not found in cache")
    if app.world.get(app.merchant_id, TOKEN_KIND, value.strip())["expires"] <= app.now:
        raise AuthError("invalid_token", "The token passed in was not found in the system or has expired")
    return app


def check_basic(worlds: Worlds, headers: Mapping[str, str]) -> App:
    """Return the app whose client id and secret the Basic header has; AuthError `invalid_client` otherwise."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    try:
        client_id, _, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        client_id = secret = ""
    if scheme.lower() != "basic" or not CLIENT_ID.fullmatch(client_id) or secret != client_id + SECRET_TAIL:
        raise AuthError("invalid_client", "Client Authentication failed")
    return open_app(worlds, client_id)


def encode_client_id(client_id: str) -> str:
    """Return a client id as a token carries it, so that the token finds its world."""
    return base64.urlsafe_b64encode(client_id.encode()).decode().rstrip("=")


def _decode_client_id(text: str) -> str:
    try:
        client_id = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        client_id = ""
    if not CLIENT_ID.fullmatch(client_id):
        raise AuthError("invalid_token", "Access Token not found in cache")
    return client_id
